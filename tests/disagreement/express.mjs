// A hub in Express, as its documentation shows how: JSON and form bodies, and method overrides by header and query.
// Trusts whoever asks, and says in X-Effect what the handler that ran does, in X-Seen-Subject whom it took the
// request for.

import express from 'express';
import methodOverride from 'method-override';

const app = express();
app.set('query parser', 'extended');
app.use(methodOverride());
app.use(methodOverride('_method', { methods: null }));
app.use(express.json({ type: ['json', '+json'] }), express.urlencoded({ extended: true }));

const does = (effect) => (request, response) => {
  response.set('X-Effect', effect);
  const access = request.get('X-Lychgate-Access');
  if (access) response.set('X-Lychgate-Access', access);
  const subject = request.get('X-Lychgate-Subject');
  if (subject) response.set('X-Seen-Subject', subject);
  response.json({ effect });
};
const byService = (request, response, next) =>
  does(request.query.service === 'git-receive-pack' ? 'write' : 'read')(request, response, next);
const byOperation = (request, response, next) =>
  does(request.body?.operation === 'upload' ? 'write' : 'read')(request, response, next);

app.get('/:namespace/:repo/info/refs', byService);
app.post('/:namespace/:repo/info/lfs/objects/batch', byOperation);
app.get('/api/models/:namespace/:repo', does('read'));
app.delete('/api/models/:namespace/:repo', does('write'));
app.put('/api/models/:namespace/:repo/settings', does('write'));
app.get('/api/models/:namespace/:repo/xet-write-token/:rev', does('write'));
app.post('/api/models/:namespace/:repo/paths-info/:rev', does('read'));
app.post('/api/repos/create', does('contribute'));
app.post('/v1/chat/completions', does('read'));

const server = app.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
