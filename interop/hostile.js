// What a page of another program on this machine may try with the address of ours; each returns what it got hold of.

const element = (name, set) => new Promise((got, refused) => {
  const made = document.createElement(name);
  made.onload = () => got('loaded');
  made.onerror = refused;
  set(made);
  document.body.append(made);
});

const tries = {
  'a fetch of the page': (url) => fetch(url, { credentials: 'include' }).then((answer) => answer.text()),
  'a fetch that is not to be read': (url) => fetch(url, { mode: 'no-cors', credentials: 'include' }).then((answer) => answer.type),
  'a fetch with a body of JSON': (url) => fetch(url, {
    method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{"act": "decline"}',
  }).then((answer) => answer.status),
  'a simple fetch with a form': (url) => fetch(url, {
    method: 'POST', credentials: 'include', body: new URLSearchParams({ act: 'decline' }),
  }).then((answer) => answer.status),
  'a fetch that overrides the method': (url) => fetch(url, {
    credentials: 'include', headers: { 'x-http-method-override': 'POST' },
  }).then((answer) => answer.status),
  'an image': (url) => element('img', (made) => { made.src = url; }),
  'a script': (url) => element('script', (made) => { made.src = url; }),
  'its style sheet': (url) => element('link', (made) => { made.rel = 'stylesheet'; made.href = new URL('/page.css', url); }),
  'a socket': (url) => new Promise((got, refused) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.onopen = () => got('open');
    socket.onerror = refused;
  }),
  'a frame': (url) => element('iframe', (made) => { made.src = url; })
    .then(() => document.querySelector('iframe').contentWindow.document.title),
  'a window': (url) => new Promise((got, refused) => {
    const opened = window.open(url);
    setTimeout(() => { try { got(opened.document.title); } catch { refused(); } }, 500);
  }),
};

const all = async (url) => {
  const got = {};
  for (const [name, attempt] of Object.entries(tries)) {
    const late = new Promise((_, refused) => { setTimeout(refused, 3000); });
    got[name] = await Promise.race([attempt(url), late]).catch(() => 'refused');
  }
  return got;
};

const forged = ([url, kind, typed]) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype: kind });
  for (const [name, value] of Object.entries(typed)) form.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(form);
  form.submit();
};
