"""From a request to a target: fetch the template, expand its macros, bind its parameters, decide its conditions."""
