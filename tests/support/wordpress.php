<?php
/*
 * The functions of WordPress that a plugin of docs/host-guide.md calls, and a website with one page
 * that holds its shortcode. Start it with `php -S`; PLUGIN names the file of the plugin. A user is
 * logged in with the cookie `logged_in`.
 */

foreach (['IDENTITY_URL', 'IDENTITY_SITE', 'IDENTITY_HANDOFF_KEY'] as $name) {
    define($name, getenv($name));
}

$actions = $shortcodes = $modules = [];

function add_action(string $name, callable $callback): void
{
    $GLOBALS['actions'][$name] = $callback;
}

function add_shortcode(string $name, callable $callback): void
{
    $GLOBALS['shortcodes'][$name] = $callback;
}

function wp_enqueue_script_module(string $id, string $src = '', array $deps = [], $version = false): void
{
    $GLOBALS['modules'][$id] = $src . ($version === null ? '' : '?ver=6.5');
}

function is_user_logged_in(): bool
{
    return isset($_COOKIE['logged_in']);
}

function wp_get_current_user(): object
{
    return (object) ['ID' => (int) getenv('USER_ID'), 'display_name' => 'Ada Lovelace'];
}

function home_url(string $path): string
{
    return getenv('WEBSITE_URL') . $path;
}

function admin_url(string $path): string
{
    return home_url("/wp-admin/$path");
}

function wp_login_url(string $redirect): string
{
    return home_url('/wp-login.php?redirect_to=' . urlencode($redirect));
}

function get_permalink(): string
{
    return home_url('/');
}

function esc_attr(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

function esc_url(string $url): string
{
    return str_replace(['&', "'"], ['&#038;', '&#039;'], $url);
}

function wp_json_encode($data): string
{
    return json_encode($data);
}

function wp_send_json($data): never
{
    header('Content-Type: application/json; charset=UTF-8');
    echo json_encode($data);
    exit;
}

function wp_redirect(string $location): void
{
    header("Location: $location", true, 302);
}

require getenv('PLUGIN');

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$action = $_GET['action'] ?? '';
if ($path === '/') {
    $content = $shortcodes['identity_check']();
    $scripts = '';
    foreach ($modules as $src) {
        $scripts .= sprintf('<script type="module" src="%s"></script>', esc_url($src));
    }
    echo '<!doctype html><html lang="en"><title>My account</title><link rel="icon" href="data:,">',
        "<h1>My account</h1><p>$content</p>$scripts</html>";
} elseif ($path === '/wp-admin/admin-ajax.php' || $path === '/wp-admin/admin-post.php') {
    $prefix = $path === '/wp-admin/admin-post.php' ? 'admin_post' : 'wp_ajax';
    $name = is_user_logged_in() ? "{$prefix}_$action" : "{$prefix}_nopriv_$action";
    if (!isset($actions[$name])) {
        http_response_code(400);
        exit('0');
    }
    $actions[$name]();
} else {
    http_response_code(404);
}
