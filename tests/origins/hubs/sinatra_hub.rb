# A hub in classic Sinatra: Rack::MethodOverride is on, `params` merges query and form, and a format may follow a name.

require 'json'
require 'sinatra'

IDENTITIES = [['', ''], %w[probe write], %w[reader read], %w[writer write], %w[outsider write]].freeze

set :environment, :production
set :bind, '127.0.0.1'
set :server, :puma
set :quiet, true

helpers do
  def does(effect)
    subject = request.env['HTTP_X_LYCHGATE_SUBJECT'] || ''
    role = request.env['HTTP_X_LYCHGATE_ROLE'] || ''
    effect = 'write' unless IDENTITIES.include?([subject, role])
    access = request.env['HTTP_X_LYCHGATE_ACCESS']
    headers 'X-Effect' => effect
    headers 'X-Probe-Access' => access if access
    headers 'X-Seen-Subject' => subject unless subject.empty?
    content_type :json
    { effect: effect, subject: subject }.to_json
  end
end

get('/api/models/:namespace/:repo.?:format?') { does 'read' }
delete('/api/models/:namespace/:repo.?:format?') { does 'write' }
put('/api/models/:namespace/:repo/settings.?:format?') { does 'write' }
get('/api/models/:namespace/:repo/xet-write-token/:rev.?:format?') { does 'write' }
post('/api/models/:namespace/:repo/paths-info/:rev.?:format?') { does 'read' }
post('/api/models/:namespace/:repo/commit/:rev.?:format?') { does(params['create_pr'] == '1' ? 'contribute' : 'write') }
post('/api/repos/create.?:format?') { does 'contribute' }
post('/generate.?:format?') { does 'read' }
post('/v1/chat/completions.?:format?') { does 'read' }
get('/:namespace/:repo/info/refs.?:format?') { does(params['service'] == 'git-receive-pack' ? 'write' : 'read') }
post('/:namespace/:repo/git-receive-pack.?:format?') { does 'write' }
post('/:namespace/:repo/info/lfs/objects/batch.?:format?') do
  operation = params['operation']
  if operation.nil?
    body = JSON.parse(request.body.read)
    operation = body['operation'] if body.is_a?(Hash)
  end
  does(operation == 'upload' ? 'write' : 'read')
end
