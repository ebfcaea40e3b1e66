// Amplify's sign-in by redirect: it makes the state and the PKCE verifier, takes the code, and asks for the tokens.
import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signInWithRedirect, signOut } from "aws-amplify/auth";
import "aws-amplify/auth/enable-oauth-listener";
import { Hub } from "aws-amplify/utils";

const settings = await (await fetch("settings.json")).json();
const here = `${location.origin}/`;
const oauth = {
  domain: settings.domain, scopes: ["openid", "email", "aws.cognito.signin.user.admin"], responseType: "code",
  redirectSignIn: [here], redirectSignOut: [here],
};
const show = (what) => (document.querySelector("#seen").textContent = JSON.stringify(what));

Hub.listen("auth", async ({ payload }) => {
  if (payload.event === "signInWithRedirect_failure") show({ failed: payload.data.error.message });
  if (payload.event !== "signInWithRedirect") return;
  const { tokens } = await fetchAuthSession();
  const { username } = await getCurrentUser();
  show({ username, email: tokens.idToken.payload.email, scope: tokens.accessToken.payload.scope });
});
Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: settings.pool, userPoolClientId: settings.client, userPoolEndpoint: settings.endpoint,
      loginWith: { oauth },
    },
  },
});

document.querySelector("#sign-in").onclick = () => signInWithRedirect();
document.querySelector("#corp").onclick = () => signInWithRedirect({ provider: { custom: "Corp" } });
document.querySelector("#sign-out").onclick = () => signOut();
if (!location.search) await getCurrentUser().then(({ username }) => show({ username }), () => show("nobody"));
