"""Writes legacy_hashes.json and two others beside this file: password hashes made by the programs that made them in real life.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install passlib==1.7.4 bcrypt==5.0.0 django==5.2.* argon2-cffi==25.1.0 \\
        werkzeug==3.1.9 drupal-hash-utility==1.0.0 firebase-scrypt==0.1.0
    /tmp/venv/bin/python tests/data/legacy_hashes.py

Salts are fixed, so that a second run gives the same file. They are no examples to follow.
"""

import base64
import ctypes
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import ssl
import struct

os.environ["PASSLIB_BUILTIN_BCRYPT"] = "enabled"

import argon2
import argon2.low_level
import bcrypt
import django
import drupal_hash_utility
import passlib
import passlib.hash
import werkzeug.security
from django.conf import settings
from django.contrib.auth import hashers

settings.configure()

PASSLIB = f"passlib {passlib.__version__}"
BCRYPT = f"Python bcrypt {bcrypt.__version__}"
DJANGO = f"Django {django.__version__}"
WERKZEUG = f"Werkzeug {importlib.metadata.version('werkzeug')}"
DRUPAL = f"drupal-hash-utility {importlib.metadata.version('drupal-hash-utility')}"
CFFI = f"argon2-cffi {argon2.__version__}"
HASHLIB = f"Python {platform.python_version()} hashlib, {ssl.OPENSSL_VERSION}"
LIBXCRYPT = "libxcrypt (libcrypt.so.1)"

PLAIN = "correct horse battery staple"
ACCENTS = "p\u00e4ssw\u00f6rd \u20ac \u5bc6\u7801 \U0001f511"
LONG = "This sentence is a password of well over seventy-two bytes, and its end matters as much as its beginning."
OTHER_END = LONG[:-1] + "!"
B72 = "0123456789" * 7 + "ab"
B73 = B72 + "c"
UTF8_72 = "\u00e4" * 36
UTF8_74 = "\u00e4" * 37
NUL = "before\0after"

SALT = bytes(range(1, 17))
TEXT_SALT = "Zt4nqBy7mLw9RkC2xVhD1s"
OLD_TEXT_SALT = "k3Jd8sPq0ZxY"

rows = []


def row(scheme, made_by, password, hash, matches=True, note=""):
    rows.append(
        {"scheme": scheme, "made_by": made_by, "password": password, "hash": hash, "matches": matches, "note": note}
    )


def family(scheme, made_by, make, note):
    """The passwords that every scheme must get right, at a cost that costs nothing."""
    for password in [PLAIN, ACCENTS, "", " leading and trailing ", "x"]:
        row(scheme, made_by, password, make(password), note=note)
    row(scheme, made_by, PLAIN + " ", make(PLAIN), False, "one space more")
    row(scheme, made_by, PLAIN[:-1], make(PLAIN), False, "one letter less")
    row(scheme, made_by, PLAIN.upper(), make(PLAIN), False, "other case")
    row(scheme, made_by, "", make(PLAIN), False, "empty")
    row(scheme, made_by, PLAIN, make(""), False, "not the empty one")


def long_family(scheme, made_by, make):
    """For schemes that read the password whole."""
    for password in [B72, B73, LONG, LONG * 10, NUL]:
        row(scheme, made_by, password, make(password), note="read whole")
    row(scheme, made_by, OTHER_END, make(LONG), False, "differs in the last letter")
    row(scheme, made_by, B72, make(B73), False, "the first 72 bytes only")
    row(scheme, made_by, "before", make(NUL), False, "the part before a NUL only")


# bcrypt -------------------------------------------------------------------------------------------------------------


def bcrypt_with(version, cost):
    salt = passlib.utils.binary.bcrypt64.encode_bytes(SALT).decode()
    return lambda password: bcrypt.hashpw(password.encode(), f"${version}${cost:02}${salt}".encode()).decode()


for version in ["2b", "2a"]:
    family("bcrypt", BCRYPT, bcrypt_with(version, 4), "cost 4")
row("bcrypt", BCRYPT, PLAIN, bcrypt_with("2b", 5)(PLAIN), note="cost 5")
row("bcrypt", BCRYPT, PLAIN, bcrypt_with("2b", 12)(PLAIN), note="cost 12, the default of most")
row("bcrypt", BCRYPT, B72, bcrypt_with("2b", 4)(B72), note="72 bytes: the longest that bcrypt reads whole")
row("bcrypt", BCRYPT, UTF8_72, bcrypt_with("2b", 4)(UTF8_72), note="72 bytes in 36 characters")
# Version 5 refuses what is longer; those before it, and most others, read the first 72 bytes.
row("bcrypt", BCRYPT, B73, bcrypt_with("2b", 4)(B72), False, "73 bytes, of which bcrypt reads 72: refused")
row("bcrypt", BCRYPT, UTF8_74, bcrypt_with("2b", 4)(UTF8_72), False, "74 bytes, of which bcrypt reads 72: refused")
row("bcrypt", BCRYPT, LONG, bcrypt_with("2b", 4)(LONG[:72]), False, "long, of which bcrypt reads 72 bytes: refused")
row("bcrypt", BCRYPT, NUL, bcrypt_with("2b", 4)("before"), False, "holds a NUL, where C programs stop: refused")
row("bcrypt", BCRYPT, "before\0before", bcrypt_with("2b", 4)("before"), False, "bcrypt repeats its key with a NUL")
row("bcrypt", BCRYPT, "\0", bcrypt_with("2b", 4)(""), False, "a NUL alone is not the empty password")

libcrypt = ctypes.CDLL("libcrypt.so.1")
libcrypt.crypt.restype = ctypes.c_char_p
for password in [PLAIN, ACCENTS, "", B72]:
    setting = b"$2y$05$" + passlib.utils.binary.bcrypt64.encode_bytes(SALT)
    made = libcrypt.crypt(password.encode(), setting).decode()
    row("bcrypt", LIBXCRYPT, password, made, note="2y, as PHP writes it")
made = libcrypt.crypt(B73.encode(), setting).decode()
row("bcrypt", LIBXCRYPT, B73, made, False, "73 bytes, truncated by the program: refused")


# Django -------------------------------------------------------------------------------------------------------------


def django_with(hasher, *arguments, **settings_of_it):
    for name, value in settings_of_it.items():
        setattr(hasher, name, value)
    return lambda password: hasher.encode(password, *arguments)


def django_bcrypt(cost):
    return django_with(hashers.BCryptSHA256PasswordHasher(), bcrypt_with("2b", cost)("")[:29].encode())


family("bcrypt_sha256", DJANGO, django_bcrypt(4), "cost 4")
long_family("bcrypt_sha256", DJANGO, django_bcrypt(4))
row("bcrypt_sha256", DJANGO, PLAIN, django_bcrypt(12)(PLAIN), note="cost 12, Django's default")

for scheme, hasher, real in [
    ("pbkdf2_sha256", hashers.PBKDF2PasswordHasher, 600_000),
    ("pbkdf2_sha1", hashers.PBKDF2SHA1PasswordHasher, 20_000),
]:
    family(scheme, DJANGO, django_with(hasher(), TEXT_SALT, 10), "10 iterations")
    long_family(scheme, DJANGO, django_with(hasher(), TEXT_SALT, 10))
    row(scheme, DJANGO, PLAIN, django_with(hasher(), OLD_TEXT_SALT, 1)(PLAIN), note="1 iteration, old short salt")
    row(scheme, DJANGO, PLAIN, django_with(hasher(), TEXT_SALT, real)(PLAIN), note=f"{real} iterations")


# Without SHA-256, so with bcrypt's limit of 72 bytes.
plain_bcrypt = django_with(hashers.BCryptPasswordHasher(), bcrypt_with("2b", 4)("")[:29].encode())
family("bcrypt", DJANGO, plain_bcrypt, "cost 4")
row("bcrypt", DJANGO, B73, plain_bcrypt(B72), False, "73 bytes, of which bcrypt reads 72: refused")

django_scrypt = hashers.ScryptPasswordHasher()
family("scrypt", DJANGO, lambda password: django_scrypt.encode(password, TEXT_SALT, 16, 8, 1), "N=16")
long_family("scrypt", DJANGO, lambda password: django_scrypt.encode(password, TEXT_SALT, 16, 8, 1))
row("scrypt", DJANGO, ACCENTS, django_scrypt.encode(ACCENTS, TEXT_SALT, 8, 2, 3), note="N=8, r=2, p=3")
row("scrypt", DJANGO, PLAIN, django_scrypt.encode(PLAIN, TEXT_SALT), note="Django's default")


# Werkzeug -----------------------------------------------------------------------------------------------------------


def werkzeug_with(method, salt="k3Jd8sPq0ZxYw2Rt"):
    def make(password):
        digits, method_in_full = werkzeug.security._hash_internal(method, salt, password)
        made = f"{method_in_full}${salt}${digits}"
        assert werkzeug.security.check_password_hash(made, password)
        return made

    return make


for scheme, cheap, real in [
    ("scrypt", "scrypt:1024:8:1", "scrypt"),
    ("pbkdf2_sha256", "pbkdf2:sha256:10", "pbkdf2"),
    ("pbkdf2_sha1", "pbkdf2:sha1:10", "pbkdf2:sha1:1000"),
    ("pbkdf2_sha512", "pbkdf2:sha512:10", "pbkdf2:sha512:210000"),
]:
    family(scheme, WERKZEUG, werkzeug_with(cheap), cheap)
    long_family(scheme, WERKZEUG, werkzeug_with(cheap))
    row(scheme, WERKZEUG, PLAIN, werkzeug_with(real)(PLAIN), note=f"{real}, in full")
    row(scheme, WERKZEUG, PLAIN, werkzeug_with(cheap, "k3Jd8sPq")(PLAIN), note="short salt of old releases")


# Drupal -------------------------------------------------------------------------------------------------------------


def drupal_with(letter, salt="k3Jd8sPq"):
    def make(password):
        tool = drupal_hash_utility.DrupalHashUtility()
        settings = tool._get_settings(f"$S${letter}{salt}")
        made = f"$S${letter}{salt}" + tool._apply_hash(password, hashlib.sha512, settings)
        assert tool.verify(password, made)
        return made

    return make


family("phpass_sha512", DRUPAL, drupal_with("5"), "2^7 rounds")
row("phpass_sha512", DRUPAL, LONG, drupal_with("5")(LONG), note="read whole")
row("phpass_sha512", DRUPAL, OTHER_END, drupal_with("5")(LONG), False, "differs in the last letter")
row("phpass_sha512", DRUPAL, PLAIN, drupal_with("D")(PLAIN), note="2^15 rounds, Drupal 7")
row("phpass_sha512", DRUPAL, PLAIN, drupal_with("E")(PLAIN), note="2^16 rounds, Drupal 8 to 10.0")
# user_update_7000 of Drupal 7: the MD5 that Drupal 6 had stored is hashed in place of the password.
of_md5 = lambda password: "U" + drupal_with("5")(hashlib.md5(password.encode()).hexdigest())
family("phpass_sha512", f"{DRUPAL}, of an MD5", of_md5, "taken over from Drupal 6")


# passlib ------------------------------------------------------------------------------------------------------------


def passlib_with(name, rounds, salt=SALT):
    return getattr(passlib.hash, name).using(rounds=rounds, salt=salt).hash


family("scrypt", PASSLIB, passlib_with("scrypt", 4), "ln=4")
long_family("scrypt", PASSLIB, passlib_with("scrypt", 4))
wide = passlib.hash.scrypt.using(rounds=3, salt=bytes(range(32)), block_size=2, parallelism=3)
row("scrypt", PASSLIB, ACCENTS, wide.hash(ACCENTS), note="ln=3, r=2, p=3, salt of 32 bytes")
row("scrypt", PASSLIB, PLAIN, passlib_with("scrypt", 16)(PLAIN), note="ln=16, passlib's default")

# Salts that give a plus sign and a slash in base64, which passlib writes in its own way.
SIGNS = bytes([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]) + SALT[:10]
for scheme, name, real in [
    ("pbkdf2_sha1", "pbkdf2_sha1", 131_000),
    ("pbkdf2_sha256", "pbkdf2_sha256", 29_000),
    ("pbkdf2_sha512", "pbkdf2_sha512", 25_000),
]:
    family(scheme, PASSLIB, passlib_with(name, 10, SIGNS), "10 iterations")
    long_family(scheme, PASSLIB, passlib_with(name, 10))
    row(scheme, PASSLIB, PLAIN, passlib_with(name, real)(PLAIN), note=f"{real} iterations, passlib's default")


# Its own bcrypt, slow as it is: it does not work with version 5 of the other one.
passlib.hash.bcrypt_sha256.set_backend("builtin")
for version in [1, 2]:
    over_sha256 = passlib.hash.bcrypt_sha256.using(
        rounds=4, salt=passlib.utils.binary.bcrypt64.encode_bytes(SALT).decode(), version=version
    ).hash
    family("bcrypt_sha256", PASSLIB, over_sha256, f"version {version}, cost 4")
    # It refuses a NUL.
    for password in [B72, B73, LONG]:
        row("bcrypt_sha256", PASSLIB, password, over_sha256(password), note="read whole")
    row("bcrypt_sha256", PASSLIB, OTHER_END, over_sha256(LONG), False, "differs in the last letter")
    row("bcrypt_sha256", PASSLIB, PLAIN, over_sha256(PLAIN).replace("2b", "2a", 1), note="2a is the same bcrypt")

phpass = passlib.hash.phpass.using(rounds=7, salt="k3Jd8sPq")
family("phpass_md5", PASSLIB, phpass.hash, "2^7 rounds")
row("phpass_md5", PASSLIB, LONG, phpass.hash(LONG), note="read whole")
row("phpass_md5", PASSLIB, PLAIN, phpass.using(ident="H").hash(PLAIN), note="as phpBB writes it")


# Assembled here: the programs that write these forms are not in Python, so their documented layout is filled with what
# OpenSSL computes. ---------------------------------------------------------------------------------------------------


def phc(prf, iterations, length, salt=SALT):
    def make(password):
        tag = hashlib.pbkdf2_hmac(prf, password.encode(), salt, iterations, length)
        salt64, tag64 = (base64.b64encode(part).decode().rstrip("=") for part in (salt, tag))
        return f"$pbkdf2-{prf}$i={iterations},l={length}${salt64}${tag64}"

    return make


PHC = f"{HASHLIB}; PHC string of RustCrypto, assembled"
for prf in ["sha1", "sha256", "sha512"]:
    scheme = f"pbkdf2_{prf}"
    family(scheme, PHC, phc(prf, 10, 32), "10 iterations, 32 bytes")
    for length in [16, 20, 33, 64]:
        row(scheme, PHC, ACCENTS, phc(prf, 7, length, SIGNS)(ACCENTS), note=f"7 iterations, {length} bytes")
        row(scheme, PHC, PLAIN, phc(prf, 7, length, SIGNS)(ACCENTS), False, f"wrong password, {length} bytes")


def aspnet(prf, iterations, salt=SALT):
    number = ["sha1", "sha256", "sha512"].index(prf)

    def make(password):
        tag = hashlib.pbkdf2_hmac(prf, password.encode(), salt, iterations, 32)
        return base64.b64encode(struct.pack(">BIII", 1, number, iterations, len(salt)) + salt + tag).decode()

    return make


ASPNET = f"{HASHLIB}; format 3 of ASP.NET Identity, assembled"
for prf, real in [("sha1", 1_000), ("sha256", 10_000), ("sha512", 100_000)]:
    scheme = f"pbkdf2_{prf}"
    family(scheme, ASPNET, aspnet(prf, 10), "10 iterations")
    row(scheme, ASPNET, LONG, aspnet(prf, 10)(LONG), note="read whole")
    row(scheme, ASPNET, OTHER_END, aspnet(prf, 10)(LONG), False, "differs in the last letter")
    row(scheme, ASPNET, PLAIN, aspnet(prf, 10, bytes(range(32)))(PLAIN), note="salt of 32 bytes")
    row(scheme, ASPNET, PLAIN, aspnet(prf, real)(PLAIN), note=f"{real} iterations")


def spring_pbkdf2(name, prf, iterations, salt):
    def make(password):
        return f"{{{name}}}" + (salt + hashlib.pbkdf2_hmac(prf, password.encode(), salt, iterations, 32)).hex()

    return make


# Pbkdf2PasswordEncoder and SCryptPasswordEncoder of Spring Security, with the settings of defaultsForSpringSecurity_v5_5,
# _v4_1 and _v5_8.
SPRING = f"{HASHLIB}; Spring Security, assembled"
for scheme, name, prf, iterations, salt in [
    ("pbkdf2_sha1", "pbkdf2", "sha1", 185_000, SALT[:8]),
    ("pbkdf2_sha256", "pbkdf2@SpringSecurity_v5_8", "sha256", 310_000, SALT),
]:
    make = spring_pbkdf2(name, prf, iterations, salt)
    row(scheme, SPRING, ACCENTS, make(ACCENTS), note=f"{iterations} iterations")
    row(scheme, SPRING, PLAIN, make(ACCENTS), False, "another password")
for name, n, salt, params in [
    ("scrypt", 2**14, bytes(range(64)), "e0801"),
    ("scrypt@SpringSecurity_v5_8", 2**16, SALT, "100801"),
]:
    tag = hashlib.scrypt(ACCENTS.encode(), salt=salt, n=n, r=8, p=1, dklen=32, maxmem=2**28)
    made = f"{{{name}}}${params}${base64.b64encode(salt).decode()}${base64.b64encode(tag).decode()}"
    row("scrypt", SPRING, ACCENTS, made, note=f"N={n}")
    row("scrypt", SPRING, PLAIN, made, False, "another password")
for password in [PLAIN, ACCENTS]:
    made = "{bcrypt}" + bcrypt_with("2a", 4)(password)
    row("bcrypt", f"{BCRYPT}; Spring Security, assembled", password, made, note="cost 4")


# Argon2 -------------------------------------------------------------------------------------------------------------


def django_argon2(memory, passes, lanes):
    hasher = hashers.Argon2PasswordHasher()
    return django_with(hasher, TEXT_SALT, memory_cost=memory, time_cost=passes, parallelism=lanes)


family("argon2id", DJANGO, django_argon2(64, 1, 1), "m=64,t=1,p=1")
row("argon2id", DJANGO, LONG, django_argon2(64, 2, 2)(LONG), note="m=64,t=2,p=2")
row("argon2id", DJANGO, PLAIN, django_argon2(102_400, 2, 8)(PLAIN), note="Django's default")


def argon2_cffi(type, memory, passes, lanes, version=19):
    def make(password):
        return argon2.low_level.hash_secret(
            password.encode(), SALT, passes, memory, lanes, 32, type, version
        ).decode()

    return make


for scheme, type in [("argon2i", argon2.low_level.Type.I), ("argon2d", argon2.low_level.Type.D)]:
    family(scheme, CFFI, argon2_cffi(type, 64, 1, 1), "m=64,t=1,p=1")
    row(scheme, CFFI, LONG, argon2_cffi(type, 64, 3, 4)(LONG), note="m=64,t=3,p=4")
    row(scheme, CFFI, PLAIN, argon2_cffi(type, 19_456, 2, 1)(PLAIN), note="m=19456,t=2,p=1")
    row(scheme, CFFI, PLAIN, argon2_cffi(type, 64, 3, 1, 16)(PLAIN), note="version 16 of Argon2: no v=19")
made = argon2_cffi(argon2.low_level.Type.ID, 64, 2, 1)(PLAIN)
for name in ["{argon2}", "{argon2@SpringSecurity_v5_8}"]:
    row("argon2id", f"{CFFI}; Spring Security, assembled", PLAIN, name + made, note="m=64,t=2,p=1")
# Passlib's Argon2 is that of argon2-cffi; node-argon2 and AdonisJS wrote the passes first.
row("argon2id", f"{CFFI}; AdonisJS, assembled", PLAIN, made.replace("m=64,t=2,p=1", "t=2,m=64,p=1"), note="t first")
row(
    "argon2id",
    CFFI,
    PLAIN,
    argon2_cffi(argon2.low_level.Type.ID, 64, 1, 1)(PLAIN),
    note="m=64,t=1,p=1, plain PHC string",
)

# Fast hashes --------------------------------------------------------------------------------------------------------
# What PHP's md5() and sha1() and MySQL's SHA2() compute, and what Django's two hashers write.

fast = []


def fast_row(made_by, digits, salt_before, salt_after, password=ACCENTS):
    fast.append(
        {"made_by": made_by, "hash": digits, "before": salt_before, "after": salt_after, "password": password}
    )


for name in ["md5", "sha1", "sha256", "sha512"]:
    for before, after in [("", ""), ("pepper", ""), ("", "4711"), ("s\u00e4lt", "$*$")]:
        fast_row(HASHLIB, hashlib.new(name, (before + ACCENTS + after).encode()).hexdigest(), before, after)
fast_row(DJANGO, django_with(hashers.MD5PasswordHasher(), TEXT_SALT)(ACCENTS), "", "")

# Keycloak -----------------------------------------------------------------------------------------------------------
# Pbkdf2PasswordHashProvider derives 512 bits; PasswordCredentialModel writes the two texts.

keycloak = []
for algorithm, prf, iterations in [
    ("pbkdf2", "sha1", 20_000),
    ("pbkdf2-sha256", "sha256", 27_500),
    ("pbkdf2-sha512", "sha512", 30_000),
]:
    tag = hashlib.pbkdf2_hmac(prf, ACCENTS.encode(), SALT, iterations, 64)
    data = {"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": {}}
    secret = {"value": base64.b64encode(tag).decode(), "salt": base64.b64encode(SALT).decode()}
    keycloak.append((algorithm, data, secret | {"additionalParameters": {}}))
for name, type in [("id", argon2.low_level.Type.ID), ("i", argon2.low_level.Type.I)]:
    tag = argon2.low_level.hash_secret_raw(ACCENTS.encode(), SALT, 5, 7168, 1, 32, type)
    parameters = {"hashLength": ["32"], "memory": ["7168"], "type": [name], "version": ["1.3"], "parallelism": ["1"]}
    data = {"hashIterations": 5, "algorithm": "argon2", "additionalParameters": parameters}
    secret = {"value": base64.b64encode(tag).decode(), "salt": base64.b64encode(SALT).decode()}
    keycloak.append((f"argon2{name}", data, secret | {"additionalParameters": {}}))
keycloak = [
    {"password": ACCENTS, "note": note, "credentialData": json.dumps(data), "secretData": json.dumps(secret)}
    for note, data, secret in keycloak
]


def write(name, rows):
    lines = ",\n".join("  " + json.dumps(each, ensure_ascii=True) for each in rows)
    pathlib.Path(__file__).with_name(name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(rows)} answers")


write("legacy_hashes.json", rows)
write("legacy_hashes_fast.json", fast)
write("legacy_hashes_keycloak.json", keycloak)
