// A hub in Koa, with the router and the body parser of its guide.

import Router from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';

import { answer } from './hub_answer.mjs';

const app = new Koa();
const router = new Router();

const does = (effect) => (context) => {
  const { body, headers } = answer(effect, (name) => context.get(name));
  context.set(headers);
  context.body = body;
};
const byService = (context) => does(context.query.service === 'git-receive-pack' ? 'write' : 'read')(context);
const byOperation = (context) => {
  const operation = context.query.operation ?? context.request.body?.operation;
  does(operation === 'upload' ? 'write' : 'read')(context);
};
const byCreatePr = (context) => {
  const createPr = context.request.body?.create_pr ?? context.query.create_pr;
  does(createPr === '1' ? 'contribute' : 'write')(context);
};

router.get('/:namespace/:repo/info/refs', byService);
router.post('/:namespace/:repo/git-receive-pack', does('write'));
router.post('/:namespace/:repo/info/lfs/objects/batch', byOperation);
router.get('/api/models/:namespace/:repo', does('read'));
router.delete('/api/models/:namespace/:repo', does('write'));
router.put('/api/models/:namespace/:repo/settings', does('write'));
router.get('/api/models/:namespace/:repo/xet-write-token/:rev', does('write'));
router.post('/api/models/:namespace/:repo/paths-info/:rev', does('read'));
router.post('/api/models/:namespace/:repo/commit/:rev', byCreatePr);
router.post('/api/repos/create', does('contribute'));
router.post('/generate', does('read'));
router.post('/v1/chat/completions', does('read'));

app.silent = true;
app.use(bodyParser({ extendTypes: { json: ['+json'] } })).use(router.routes()).use(router.allowedMethods());
const server = app.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
