// The authorization server of the OAuth tests: oidc-provider, which nobody here wrote, with clients, short lives and hooks for tests.
//
//   node op.mjs [PORT [SECONDS]]     SECONDS is how long an access token lives
//
// It says on one line where it listens, and ends when its standard input does, so that it never outlives a test run.
// Beside what oidc-provider answers there are
//   /api, /api/me, /api/soft    a protected resource (RFC 9728); the last one says with a 200 that a token is over
//   /control                    GET: what was asked so far; POST: what shall happen next; DELETE: as it was at the start

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import Provider from 'oidc-provider';

const [port = 0, seconds = 5] = process.argv.slice(2).map(Number);
const METADATA = '/.well-known/oauth-protected-resource';
const SCOPES = 'openid offline_access api:read api:write';
const start = {
  life: seconds, // of an access token
  patience: 60, // for how long a device may wait to be agreed to
  discovery: {}, // what else the metadata says; null takes a key out, here and below
  resource: {}, // what else the metadata of the protected resource says
  device: {}, // what else a device is answered
  tokens: [], // what happens to the next answers of the token endpoint, one after another
  counts: {}, // what was asked and answered
  given: [], // every answer with tokens
  held: 0, // how many requests for tokens are being kept waiting
};
let now = structuredClone(start);
const server = createServer();
await new Promise((done) => { server.listen(port, '127.0.0.1', done); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const loopback = { application_type: 'native', redirect_uris: ['http://127.0.0.1/callback'] };
const codes = { ...loopback, grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
const noCodes = { redirect_uris: [], response_types: [] };

const provider = new Provider(issuer, {
  clients: [
    { ...codes, client_id: 'cli', token_endpoint_auth_method: 'none' },
    { ...codes, client_id: 'web', client_secret: 'web-secret-8c1f53d2' },
    { ...codes, client_id: 'post', client_secret: 'post-secret-41c09ab7', token_endpoint_auth_method: 'client_secret_post' },
    { ...noCodes, client_id: 'svc', client_secret: 'svc-secret-b7740e19', grant_types: ['client_credentials'] },
    {
      ...noCodes,
      client_id: 'tv',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    },
  ],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  // The default of 15 s hides mistakes about expiry.
  clockTolerance: 0,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, indicator) => ({ scope: 'api:read api:write', audience: indicator, accessTokenTTL: now.life }),
    },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: SCOPES.split(' '),
  ttl: {
    AccessToken: () => now.life,
    ClientCredentials: () => now.life,
    AuthorizationCode: 60,
    DeviceCode: () => now.patience,
    Grant: 3600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
});
const answered = provider.callback();

const count = (what, status) => {
  now.counts[what] ??= {};
  now.counts[what][status] = (now.counts[what][status] ?? 0) + 1;
};

const reply = (response, status, body, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
};

const merged = (document, changes) => Object.fromEntries(
  Object.entries({ ...document, ...changes }).filter(([, value]) => value !== null),
);

// Have what the real server is about to say pass through `change`, which may take its time.
const changed = (response, change) => {
  const end = response.end.bind(response);
  response.end = (said) => {
    const wait = change(response, said ?? '');
    Promise.resolve(wait).then((body) => {
      if (response.destroyed) return;
      if (!response.headersSent) response.setHeader('content-length', Buffer.byteLength(body));
      end(body);
    });
    return response;
  };
};

// Wait until the caller is gone.
const over = (response) => {
  // Another test may have begun by then.
  const mine = now;
  mine.held += 1;
  return new Promise((done) => { response.on('close', () => { mine.held -= 1; done(); }); });
};

// What may be told of the next answer: `before` and `instead` never ask the real server, `after` asks it and says nothing, `half` says
// half of it; without `instead`, all of them then wait until the caller is gone. `merge` says a little else than the real server,
// and `wait` says it so many milliseconds late.
const token = async (request, response) => {
  const body = await text(request);
  const kind = new URLSearchParams(body).get('grant_type') ?? 'none';
  const step = now.tokens.shift() ?? {};
  count('asked', kind);
  if (step.before) return over(response);
  if (step.instead) {
    const { status = 200, type = 'application/json', said = '' } = step.instead;
    response.writeHead(status, { 'content-type': type });
    return response.end(said);
  }
  // oidc-provider reads a body that was already read from here.
  request.body = body;
  changed(response, async (answer, said) => {
    count(kind, answer.statusCode);
    if (answer.statusCode === 200) now.given.push(JSON.parse(said));
    if (step.wait) await new Promise((done) => { setTimeout(done, step.wait); });
    if (step.half) answer.write(said.slice(0, said.length / 2));
    if (step.after || step.half) await over(answer);
    return step.merge ? JSON.stringify(merged(JSON.parse(said), step.merge)) : said;
  });
  return answered(request, response);
};

const altered = (request, response, changes) => {
  changed(response, (_, said) => JSON.stringify(merged(JSON.parse(said), changes)));
  return answered(request, response);
};

const bearer = async (request) => {
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const found = given && (await provider.AccessToken.find(given) ?? await provider.ClientCredentials.find(given));
  return found && found.isValid ? found : undefined;
};

const resource = async (request, response, path) => {
  const found = await bearer(request);
  count(path, found ? 200 : 'refused');
  if (!found && path === '/api/soft') return reply(response, 200, { ok: false, error: 'token_expired' });
  if (!found) {
    const challenge = `Bearer error="invalid_token", resource_metadata="${issuer}${METADATA}/api"`;
    return reply(response, 401, { error: 'invalid_token' }, { 'www-authenticate': challenge });
  }
  const { accountId: sub = null, clientId: client, scope = '', aud = null, kind } = found;
  return reply(response, 200, { ok: true, sub, client, scope, aud, kind });
};

const control = async (request, response) => {
  if (request.method === 'DELETE') now = structuredClone(start);
  if (request.method === 'POST') {
    const { spoil, ...changes } = JSON.parse(await text(request));
    // To revoke an access token would take back everything that was given with it.
    if (spoil) await (await provider.AccessToken.find(spoil)).destroy();
    Object.assign(now, changes);
  }
  return reply(response, 200, now);
};

server.on('request', (request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/control') return control(request, response);
  if (path === '/api' || path.startsWith('/api/')) return resource(request, response, path);
  if (path.startsWith(METADATA)) {
    const document = { resource: issuer + path.slice(METADATA.length), authorization_servers: [issuer], scopes_supported: ['api:read'] };
    count(METADATA, 200);
    return reply(response, 200, merged(document, now.resource));
  }
  if (path === '/token') return token(request, response);
  if (path.startsWith('/.well-known/o')) return altered(request, response, now.discovery);
  if (path === '/device/auth') return altered(request, response, now.device);
  return answered(request, response);
});
process.stdin.on('end', () => process.exit(0)).resume();
console.log(JSON.stringify({ issuer }));
