// A web app's code with aws-amplify: sign up, sign in by SRP and by a choice of proofs, credentials of an identity pool
// for a guest and for somebody signed in, an authenticator app, sign out. Prints what it saw as one JSON document.
const { Amplify } = require("aws-amplify");
const auth = require("aws-amplify/auth");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const { code, totp } = require("./person.cjs");

const [userPoolId, userPoolClientId, identityPoolId] = process.argv.slice(2);
const endpoint = process.env.AWS_ENDPOINT_URL;
const [username, password, other] = ["ann@amplify.example", "Secret-123", "Other-1234"];
const seen = {};

Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId, userPoolClientId, identityPoolId, allowGuestAccess: true,
      userPoolEndpoint: endpoint, identityPoolEndpoint: endpoint,
    },
  },
});

const refused = (error) => error.name;

async function caller() {
  const { credentials, identityId } = await auth.fetchAuthSession();
  const answer = await new STSClient({ endpoint, region: "us-east-1", credentials }).send(new GetCallerIdentityCommand({}));
  return { role: answer.Arn.split("/")[1], identityId };
}

async function signUp() {
  const options = { userAttributes: { email: username } };
  const made = await auth.signUp({ username, password, options });
  seen.signedUp = made.nextStep.signUpStep;
  seen.early = (await auth.signIn({ username, password })).nextStep.signInStep;
  await auth.resendSignUpCode({ username });
  const confirmed = await auth.confirmSignUp({ username, confirmationCode: await code(username) });
  seen.confirmed = confirmed.nextStep.signUpStep;
}

async function session() {
  seen.guest = await caller();
  seen.wrong = await auth.signIn({ username, password: "Wrong-1234" }).catch(refused);
  seen.signedIn = (await auth.signIn({ username, password })).nextStep.signInStep;
  const { tokens } = await auth.fetchAuthSession();
  seen.claims = { email: tokens.idToken.payload.email, use: tokens.accessToken.payload.token_use };
  seen.known = await caller();
  const fresh = await auth.fetchAuthSession({ forceRefresh: true });
  seen.refreshed = fresh.tokens.accessToken.toString() !== tokens.accessToken.toString();
  seen.attributes = await auth.fetchUserAttributes();
  seen.updated = await auth.updateUserAttributes({ userAttributes: { nickname: "annie" } });
  seen.user = (await auth.getCurrentUser()).signInDetails;
}

async function app() {
  const { sharedSecret } = await auth.setUpTOTP();
  await auth.verifyTOTPSetup({ code: totp(sharedSecret) });
  await auth.updateMFAPreference({ totp: "PREFERRED" });
  seen.mfa = await auth.fetchMFAPreference();
  await auth.signOut();
  const asked = await auth.signIn({ username, password });
  seen.asked = asked.nextStep.signInStep;
  seen.wrongApp = await auth.confirmSignIn({ challengeResponse: "000000" }).catch(refused);
  // The code of the next half minute: this one's was used above, and is good once.
  const done = await auth.confirmSignIn({ challengeResponse: totp(sharedSecret, 1) });
  seen.answered = done.nextStep.signInStep;
  await auth.updateMFAPreference({ totp: "DISABLED" });
}

async function choice() {
  await auth.updatePassword({ oldPassword: password, newPassword: other });
  await auth.signOut({ global: true });
  const start = { username, options: { authFlowType: "USER_AUTH" } };
  const offered = await auth.signIn(start);
  seen.choice = { step: offered.nextStep.signInStep, all: offered.nextStep.availableChallenges?.sort() };
  const chosen = await auth.confirmSignIn({ challengeResponse: "PASSWORD_SRP" });
  seen.chosen = chosen.nextStep.signInStep;
  seen.proved = (await auth.confirmSignIn({ challengeResponse: other })).nextStep.signInStep;
  await auth.signOut();
  const preferred = { ...start, password: other, options: { ...start.options, preferredChallenge: "PASSWORD_SRP" } };
  seen.preferred = (await auth.signIn(preferred)).nextStep.signInStep;
  await auth.signOut();
}

async function forget() {
  seen.reset = (await auth.resetPassword({ username })).nextStep.resetPasswordStep;
  await auth.confirmResetPassword({ username, newPassword: password, confirmationCode: await code(username) });
  seen.again = (await auth.signIn({ username, password, options: { authFlowType: "USER_PASSWORD_AUTH" } })).isSignedIn;
  await auth.deleteUser();
  seen.gone = await auth.signIn({ username, password }).catch(refused);
}

(async () => {
  await signUp();
  await session();
  await app();
  await choice();
  await forget();
  console.log(JSON.stringify(seen));
})();
