<?php
// Writes legacy_hashes_php.json beside this file: password hashes made by PHP, and by programs written in it.
//
//     apt-get install php-cli php-symfony-password-hasher wordpress
//     php tests/data/legacy_hashes.php /usr/share/wordpress /usr/share/php
//
// The salts of password_hash and of Symfony are random, so that a second run gives other hashes. They are no examples to follow.

[, $wordpress, $library] = $argv;
define('ABSPATH', "$wordpress/");
define('WPINC', 'wp-includes');
require "$wordpress/wp-includes/class-phpass.php";
require "$wordpress/wp-includes/version.php";
$symfony = "$library/Symfony/Component/PasswordHasher";
require "$symfony/PasswordHasherInterface.php";
require "$symfony/Hasher/CheckPasswordLengthTrait.php";
require "$symfony/Hasher/NativePasswordHasher.php";

const PLAIN = 'correct horse battery staple';
const ACCENTS = "p\u{e4}ssw\u{f6}rd \u{20ac} \u{5bc6}\u{7801} \u{1f511}";
const QUOTES = "it's a \"quoted\" back\\slash";
const LONG = 'This sentence is a password of well over seventy-two bytes, and its end matters as much as its beginning.';

$rows = [];
function row($scheme, $made_by, $password, $hash, $matches, $note) {
    global $rows;
    $rows[] = compact('scheme', 'made_by', 'password', 'hash', 'matches', 'note');
}

$php = 'PHP ' . PHP_VERSION;
foreach ([PLAIN, ACCENTS, 'x', QUOTES] as $password) {
    row('bcrypt', $php, $password, password_hash($password, PASSWORD_BCRYPT, ['cost' => 4]), true, 'password_hash, as Laravel and Drupal from 10.1 use it');
}
row('bcrypt', $php, PLAIN, password_hash(PLAIN, PASSWORD_BCRYPT), true, 'password_hash, its default cost');
row('bcrypt', $php, PLAIN . ' ', password_hash(PLAIN, PASSWORD_BCRYPT, ['cost' => 4]), false, 'one space more');
$argon2 = ['memory_cost' => 1024, 'time_cost' => 2, 'threads' => 2];
row('argon2id', $php, ACCENTS, password_hash(ACCENTS, PASSWORD_ARGON2ID, $argon2), true, 'password_hash, as Laravel uses it');
row('argon2id', $php, PLAIN, password_hash(PLAIN, PASSWORD_ARGON2ID), true, 'password_hash, its default cost');
row('argon2i', $php, ACCENTS, password_hash(ACCENTS, PASSWORD_ARGON2I, $argon2), true, 'password_hash');

// WordPress before 6.8 ------------------------------------------------------------------------------------------------
$made_by = "WordPress $wp_version, class-phpass.php";
$phpass = new PasswordHash(8, true);
$portable = fn ($password, $setting) => $phpass->crypt_private($password, $setting);
foreach ([PLAIN, ACCENTS, 'x', '', LONG, QUOTES] as $password) {
    row('phpass_md5', $made_by, $password, $portable($password, '$P$BZt4nqBy7'), true, 'as WordPress writes it');
    row('phpass_md5', $made_by, $password, $portable($password, '$H$9Zt4nqBy7'), true, 'as phpBB writes it');
    row('phpass_md5', $made_by, "$password!", $portable($password, '$P$BZt4nqBy7'), false, 'one letter more');
}
row('phpass_md5', $made_by, QUOTES, $portable(addslashes(QUOTES), '$P$BZt4nqBy7'), true, 'slashed, as wp_signon gets it');
row('phpass_md5', $made_by, QUOTES, $portable(stripslashes(QUOTES), '$P$BZt4nqBy7'), false, 'not the other way round');
row('phpass_md5', $made_by, PLAIN, $portable(PLAIN, '$P$5Zt4nqBy7'), true, '2^7 rounds, the fewest');

// WordPress from 6.8: what wp_hash_password in wp-includes/pluggable.php does ------------------------------------------
$made_by = "$php; wp_hash_password of WordPress 6.8, assembled";
$wp = fn ($password, $salt = 'abcdefghijklmnopqrstuu') =>
    '$wp' . crypt(base64_encode(hash_hmac('sha384', trim($password), 'wp-sha384', true)), '$2y$04$' . $salt);
foreach ([PLAIN, ACCENTS, 'x', LONG, QUOTES] as $password) {
    row('bcrypt_sha384', $made_by, $password, $wp($password), true, 'cost 4');
    row('bcrypt_sha384', $made_by, "$password!", $wp($password), false, 'one letter more');
}
row('bcrypt_sha384', $made_by, QUOTES, $wp(addslashes(QUOTES)), true, 'slashed, as wp_signon gets it');
row('bcrypt_sha384', $made_by, LONG . ' ', $wp(LONG), false, 'one space more');

// Symfony -------------------------------------------------------------------------------------------------------------
$made_by = 'Symfony 5.4, NativePasswordHasher';
$native = new Symfony\Component\PasswordHasher\Hasher\NativePasswordHasher(3, 10240, 4, '2y');
foreach ([PLAIN, ACCENTS, LONG, "before\0after"] as $password) {
    row('bcrypt', $made_by, $password, $native->hash($password), true, 'over 72 bytes or with a NUL its SHA-512 is hashed');
}
row('bcrypt', $made_by, substr(LONG, 0, -1) . '!', $native->hash(LONG), false, 'differs in the last letter');
row('bcrypt', $made_by, 'before', $native->hash("before\0after"), false, 'the part before a NUL only');

$lines = array_map(fn ($row) => '  ' . json_encode($row, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), $rows);
file_put_contents(__DIR__ . '/legacy_hashes_php.json', "[\n" . implode(",\n", $lines) . "\n]\n");
echo count($rows), " answers\n";
