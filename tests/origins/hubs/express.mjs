// A hub in Express, as in its documentation: JSON and form bodies, and method overrides by header and query. It trusts
// every client, and names the class of the handler that ran in X-Effect.

import express from 'express';
import methodOverride from 'method-override';

import { answer } from './hub_answer.mjs';

const app = express();
app.set('query parser', 'extended');
app.use(methodOverride());
app.use(methodOverride('_method', { methods: null }));
app.use(express.json({ type: ['json', '+json'] }), express.urlencoded({ extended: true }));

const does = (effect) => (request, response) => {
  const { body, headers } = answer(effect, (name) => request.get(name));
  response.set(headers).send(body);
};
const byService = (request, response) =>
  does(request.query.service === 'git-receive-pack' ? 'write' : 'read')(request, response);
const byOperation = (request, response) => {
  const operation = request.query.operation ?? request.body?.operation;
  does(operation === 'upload' ? 'write' : 'read')(request, response);
};
const byCreatePr = (request, response) => {
  const createPr = request.body?.create_pr ?? request.query.create_pr;
  does(createPr === '1' ? 'contribute' : 'write')(request, response);
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

const server = app.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
