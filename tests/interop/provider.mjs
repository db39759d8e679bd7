// A certified OpenID provider (npm oidc-provider) on loopback: node provider.mjs PORT REDIRECT…. Whoever types a name
// is signed in as that person; people called admin… are in the group vault-admins, unconfirmed… have no confirmed address.

import http from "node:http";
import { Provider } from "oidc-provider";

const [port, ...redirects] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "vault", client_secret: "a secret between two servers", redirect_uris: redirects, grant_types: ["authorization_code"], response_types: ["code"] }],
  pkce: { required: () => true },
  scopes: ["openid", "email", "groups"],
  claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["of this test alone"] },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: !id.startsWith("unconfirmed"), groups: id.startsWith("admin") ? ["staff", "vault-admins"] : ["staff"] }),
  }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email groups");
    await grant.save();
    return grant;
  },
});

const page = (action) => `<!doctype html><html lang="en"><title>Example sign-in</title><link rel="icon" href="data:,">
<h1>Example sign-in</h1><form method="post" action="${action}"><label>Who are you? <input name="who"></label>
<button>Sign in</button> <button name="no" value="1">No</button></form></html>`;

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

const answer = provider.callback();
http.createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  try {
    await provider.interactionDetails(request, response);
    if (request.method === "GET") return response.setHeader("Content-Type", "text/html").end(page(request.url));
    const form = await bodyOf(request);
    const said = form.get("no") ? { error: "access_denied" } : { login: { accountId: form.get("who") } };
    return await provider.interactionFinished(request, response, said, { mergeWithLastSubmission: false });
  } catch (fault) {
    return response.writeHead(400).end(String(fault));
  }
}).listen(Number(port), "localhost", () => console.log("ready"));
