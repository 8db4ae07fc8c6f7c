// The response of all hubs in JavaScript: the class of the handler that ran, and the identity that the hub saw.

// The identities that a hub may be told: those of the tests' tokens and of `lychgate probe` itself. Any other is forged.
const IDENTITIES = new Set([' ', 'probe write', 'reader read', 'writer write', 'outsider write']);

export const answer = (effect, header) => {
  const subject = header('X-Lychgate-Subject') ?? '';
  const role = header('X-Lychgate-Role') ?? '';
  const said = IDENTITIES.has(`${subject} ${role}`) ? effect : 'write';
  const headers = { 'Content-Type': 'application/json', 'X-Effect': said };
  const access = header('X-Lychgate-Access');
  if (access) headers['X-Probe-Access'] = access;
  if (subject) headers['X-Seen-Subject'] = subject;
  return { body: JSON.stringify({ effect: said, subject }), headers };
};
