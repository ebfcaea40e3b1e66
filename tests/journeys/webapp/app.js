// A single-page app: sign-in by the code flow with PKCE, then a call to an API with the access token.
const settings = await (await fetch("settings.json")).json();
const here = `${location.origin}/`;
const show = (what) => (document.querySelector("#seen").textContent = JSON.stringify(what));
const text = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const random = () => text(crypto.getRandomValues(new Uint8Array(48)));

document.querySelector("#sign-in").onclick = async () => {
  const [verifier, state] = [random(), random()];
  sessionStorage.setItem("pending", JSON.stringify({ verifier, state }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  const query = new URLSearchParams({
    response_type: "code", client_id: settings.client, redirect_uri: here, scope: "openid email", state,
    code_challenge: text(digest), code_challenge_method: "S256",
  });
  location.assign(`${settings.domain}/oauth2/authorize?${query}`);
};

document.querySelector("#sign-out").onclick = () =>
  location.assign(`${settings.domain}/logout?${new URLSearchParams({ client_id: settings.client, logout_uri: here })}`);

const given = new URLSearchParams(location.search);
if (given.has("code")) {
  const { verifier, state } = JSON.parse(sessionStorage.getItem("pending"));
  if (state !== given.get("state")) throw new Error("another state");
  const body = new URLSearchParams({
    grant_type: "authorization_code", code: given.get("code"), client_id: settings.client, redirect_uri: here,
    code_verifier: verifier,
  });
  const tokens = await (await fetch(`${settings.domain}/oauth2/token`, { method: "POST", body })).json();
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const answer = await fetch(settings.api, { headers });
  const stranger = await fetch(settings.api);
  show({ api: answer.status, said: await answer.json(), stranger: stranger.status, type: tokens.token_type });
} else if (given.has("error")) {
  show(Object.fromEntries(given));
} else {
  show("nobody");
}
