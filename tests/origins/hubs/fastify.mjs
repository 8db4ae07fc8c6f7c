// A hub in Fastify, with its own parsers, and parsers for git and its LFS as in Fastify's documentation.

import querystring from 'node:querystring';

import Fastify from 'fastify';

import { answer } from './hub_answer.mjs';

const app = Fastify();
app.addContentTypeParser(/\+json(;|$)/, { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, querystring.parse(body)),
);
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

const does = (effect) => async (request, reply) => {
  const { body, headers } = answer(effect, (name) => request.headers[name.toLowerCase()]);
  return reply.headers(headers).send(body);
};
const byService = (request, reply) =>
  does(request.query.service === 'git-receive-pack' ? 'write' : 'read')(request, reply);
const byOperation = (request, reply) => {
  const operation = request.query.operation ?? request.body?.operation;
  return does(operation === 'upload' ? 'write' : 'read')(request, reply);
};
const byCreatePr = (request, reply) => {
  const createPr = request.body?.create_pr ?? request.query.create_pr;
  return does(createPr === '1' ? 'contribute' : 'write')(request, reply);
};

app.get('/:namespace/:repo/info/refs', byService);
app.post('/:namespace/:repo/git-receive-pack', does('write'));
app.post('/:namespace/:repo/info/lfs/objects/batch', byOperation);
app.get('/api/models/:namespace/:repo', does('read'));
app.delete('/api/models/:namespace/:repo', does('write'));
app.put('/api/models/:namespace/:repo/settings', does('write'));
app.get('/api/models/:namespace/:repo/xet-write-token/:rev', does('write'));
app.post('/api/models/:namespace/:repo/paths-info/:rev', does('read'));
app.post('/api/models/:namespace/:repo/commit/:rev', byCreatePr);
app.post('/api/repos/create', does('contribute'));
app.post('/generate', does('read'));
app.post('/v1/chat/completions', does('read'));

await app.listen({ host: '127.0.0.1', port: 0 });
console.log(`listening on ${app.server.address().port}`);
