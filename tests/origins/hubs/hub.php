<?php
// A hub in PHP without a framework: a front controller that takes its parameters from $_REQUEST, and treats every method
// other than GET as a write. Like Symfony and Laravel, it removes the front controller's own name from the path; like Slim's
// middleware, it lets a header ask for another method.
// The environment variable HUB_PATH names the source of the path: PATH_INFO, REQUEST_URI, or _url. The last is a front controller that
// takes the path from this parameter if there is one (Phalcon), takes _ for - in its words (CodeIgniter), and takes what follows the
// path for names and values (Zend).

const IDENTITIES = [['', ''], ['probe', 'write'], ['reader', 'read'], ['writer', 'write'], ['outsider', 'write']];

function does(string $effect): never {
    $subject = $_SERVER['HTTP_X_LYCHGATE_SUBJECT'] ?? '';
    if (!in_array([$subject, $_SERVER['HTTP_X_LYCHGATE_ROLE'] ?? ''], IDENTITIES, true)) {
        $effect = 'write';
    }
    header('Content-Type: application/json');
    header("X-Effect: $effect");
    if ($access = $_SERVER['HTTP_X_LYCHGATE_ACCESS'] ?? '') {
        header("X-Probe-Access: $access");
    }
    if ($subject !== '') {
        header("X-Seen-Subject: $subject");
    }
    echo json_encode(['effect' => $effect, 'subject' => $subject]);
    exit;
}

function path(): string {
    $script = '/index.php';
    if (getenv('HUB_PATH') === 'PATH_INFO') {
        $path = $_SERVER['PATH_INFO'] ?? '/';
    } else {
        $path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
    }
    if (getenv('HUB_PATH') === '_url') {
        $path = with_pairs(strtr($_GET['_url'] ?? $path, '_', '-'));
    }
    return str_starts_with($path, "$script/") ? substr($path, strlen($script)) : $path;
}

function with_pairs(string $path): string {
    if (!preg_match('#^(/[^/]+/[^/]+/info/refs)/(.+)$#', $path, $found)) {
        return $path;
    }
    foreach (array_chunk(explode('/', $found[2]), 2) as $pair) {
        $_REQUEST += [$pair[0] => $pair[1] ?? ''];
    }
    return $found[1];
}

$method = $_SERVER['REQUEST_METHOD'];
if (isset($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'])) {
    $method = strtoupper($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE']);
}
$is_read = in_array($method, ['GET', 'HEAD'], true);
$path = path();

if (preg_match('#^/api/models/[^/]+/[^/]+$#', $path)) {
    does($is_read ? 'read' : 'write');
}
if (preg_match('#^/api/models/[^/]+/[^/]+/(settings|xet-write-token/[^/]+)$#', $path)) {
    does('write');
}
if (preg_match('#^/api/models/[^/]+/[^/]+/paths-info/[^/]+$#', $path)) {
    does('read');
}
if (preg_match('#^/api/models/[^/]+/[^/]+/commit/[^/]+$#', $path) && !$is_read) {
    does(($_REQUEST['create_pr'] ?? '') === '1' ? 'contribute' : 'write');
}
if ($path === '/api/repos/create' && !$is_read) {
    does('contribute');
}
if ($path === '/generate' || $path === '/v1/chat/completions') {
    does('read');
}
if (preg_match('#^/[^/]+/[^/]+/info/refs$#', $path)) {
    does(($_REQUEST['service'] ?? '') === 'git-receive-pack' ? 'write' : 'read');
}
if (preg_match('#^/[^/]+/[^/]+/git-receive-pack$#', $path) && !$is_read) {
    does('write');
}
if (preg_match('#^/[^/]+/[^/]+/info/lfs/objects/batch$#', $path) && !$is_read) {
    $body = json_decode(file_get_contents('php://input'), true);
    $operation = $_REQUEST['operation'] ?? (is_array($body) ? $body['operation'] ?? '' : '');
    does($operation === 'upload' ? 'write' : 'read');
}
http_response_code(404);
