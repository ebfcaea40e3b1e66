// A web app's code with amazon-cognito-identity-js: sign up, sign in by SRP, refresh, an authenticator app, another
// password, sign out everywhere. Prints what it saw as one JSON document.
const { CognitoUser, CognitoUserAttribute, CognitoUserPool, AuthenticationDetails } = require("amazon-cognito-identity-js");
const { code, totp } = require("./person.cjs");

const [UserPoolId, ClientId] = process.argv.slice(2);
const endpoint = process.env.AWS_ENDPOINT_URL;
const pool = new CognitoUserPool({ UserPoolId, ClientId, endpoint });
const [name, email, first, second] = ["ann", "ann@identity.example", "Secret-123", "Other-1234"];
const seen = {};

const done = (start) =>
  new Promise((resolve, reject) => start((error, answer) => (error ? reject(error) : resolve(answer))));
const user = () => new CognitoUser({ Username: name, Pool: pool });
const refused = (error) => error.name ?? error.code;

function signIn(Password) {
  const person = user();
  const details = new AuthenticationDetails({ Username: name, Password });
  return new Promise((resolve, reject) =>
    person.authenticateUser(details, {
      onSuccess: (session) => resolve({ person, session }),
      onFailure: reject,
      totpRequired: (challenge) => resolve({ person, challenge }),
    }),
  );
}

async function signUp() {
  const attributes = [new CognitoUserAttribute({ Name: "email", Value: email })];
  const made = await done((next) => pool.signUp(name, first, attributes, [], next));
  seen.signedUp = { confirmed: made.userConfirmed, to: made.codeDeliveryDetails.Destination };
  seen.early = await signIn(first).catch(refused);
  seen.wrongCode = await done((next) => user().confirmRegistration("000000", false, next)).catch(refused);
  await done((next) => user().resendConfirmationCode(next));
  seen.confirmed = await done(async (next) => user().confirmRegistration(await code(email), false, next));
}

async function session() {
  seen.wrong = await signIn("Wrong-1234").catch(refused);
  const { person, session } = await signIn(first);
  seen.valid = session.isValid();
  seen.claims = { name: session.getIdToken().payload["cognito:username"], use: session.getAccessToken().payload.token_use };
  const attributes = await done((next) => person.getUserAttributes(next));
  seen.attributes = Object.fromEntries(attributes.map((each) => [each.getName(), each.getValue()]));
  const fresh = await done((next) => person.refreshSession(session.getRefreshToken(), next));
  seen.refreshed = fresh.getAccessToken().getJwtToken() !== session.getAccessToken().getJwtToken();
  const current = pool.getCurrentUser();
  seen.remembered = (await done((next) => current.getSession(next))).isValid();
  return person;
}

async function app(person) {
  const secret = await new Promise((resolve, reject) =>
    person.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
  );
  await new Promise((onSuccess, onFailure) =>
    person.verifySoftwareToken(totp(secret), "phone", { onSuccess, onFailure }),
  );
  await done((next) => person.setUserMfaPreference(null, { Enabled: true, PreferredMfa: true }, next));
  const asked = await signIn(first);
  seen.asked = asked.challenge;
  await new Promise((onSuccess, onFailure) =>
    // The code of the next half minute: this one's was used above, and is good once.
    asked.person.sendMFACode(totp(secret, 1), { onSuccess, onFailure }, "SOFTWARE_TOKEN_MFA"),
  );
  await done((next) => asked.person.setUserMfaPreference(null, { Enabled: false, PreferredMfa: false }, next));
  return asked.person;
}

async function leave(person) {
  seen.changed = await done((next) => person.changePassword(first, second, next));
  seen.old = await signIn(first).catch(refused);
  await new Promise((onSuccess, onFailure) => person.globalSignOut({ onSuccess, onFailure }));
  const { person: again, session } = await signIn(second);
  await new Promise((onSuccess, onFailure) => again.globalSignOut({ onSuccess, onFailure }));
  seen.gone = await done((next) => again.refreshSession(session.getRefreshToken(), next)).catch(refused);
}

async function forget() {
  const person = user();
  await new Promise((inputVerificationCode, onFailure) => person.forgotPassword({ inputVerificationCode, onFailure }));
  const given = await code(email);
  await new Promise((onSuccess, onFailure) => person.confirmPassword(given, first, { onSuccess, onFailure }));
  const { person: known } = await signIn(first);
  seen.deleted = await done((next) => known.deleteUser(next));
}

(async () => {
  await signUp();
  await leave(await app(await session()));
  await forget();
  console.log(JSON.stringify(seen));
})();
