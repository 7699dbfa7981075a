"""Writes the files of this folder: what the exports of eight systems look like, with made-up people.

    pip install argon2-cffi bcrypt cryptography passlib
    python make.py

Every password is "correct horse battery staple", except where a line says otherwise. Costs are lower than the systems' defaults
where the default would make the example slow. Hashes of Django, ASP.NET Identity and Laravel are those of
tests/data/legacy_hashes.json. Firebase's key is that of the sample of https://github.com/firebase/scrypt.
"""

import base64
import hashlib
import hmac
import json

import argon2.low_level
import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from passlib.hash import phpass

PASSWORD = b"correct horse battery staple"
SALT = bytes(range(1, 17))


def write(name, text):
    with open(name, "w", newline="") as file:
        file.write(text)


def b64(data):
    return base64.b64encode(data).decode()


def django():
    def user(pk, email, password, active=True):
        fields = {
            "password": password, "last_login": None, "is_superuser": False, "username": f"user{pk}", "first_name": "",
            "last_name": "", "email": email, "is_staff": False, "is_active": active,
            "date_joined": "2021-03-05T16:35:16.775Z", "groups": [], "user_permissions": [],
        }
        return {"model": "auth.user", "pk": pk, "fields": fields}

    pbkdf2 = "pbkdf2_sha256$10$Zt4nqBy7mLw9RkC2xVhD1s$Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JQ="
    bcrypt_sha256 = "bcrypt_sha256$$2b$04$.OGB/.SE/ueHAeqKBO2NC.Pj/b0D1MP2U37tPQBj0bg2ZJYaXZBzy"
    write("django.json", json.dumps([
        user(1, "ann@acme.example", pbkdf2),
        user(2, "bob@acme.example", bcrypt_sha256),
        user(3, "cem@acme.example", "!mqFfVDJ2ZbIcW9rKpLx0tYy4sN8aQe1uHg7iXoBk"),
        user(4, "Ann@acme.example", pbkdf2),
        user(5, "", pbkdf2),
        user(6, "dora@acme.example", pbkdf2, active=False),
        user(7, "eve@acme.example", "md5$q8Zr$5f4dcc3b5aa765d61d8327deb882cf99"),
    ], indent=1) + "\n")


def devise():
    hashed = bcrypt.hashpw(PASSWORD, b"$2a$04$.OGB/.SE/ueHAeqKBO2NC.").decode()
    write("devise.csv", "id,email,encrypted_password,confirmed_at,locked_at\n"
          f"1,ann@acme.example,{hashed},2021-03-05 16:35:16,\n"
          f'2,"o\'neil@acme.example",{hashed},2021-03-05 16:35:16,\n'
          f"3,bob@acme.example,{hashed},,\n"
          f"4,cem@acme.example,{hashed},2021-03-05 16:35:16,2022-01-01 09:00:00\n"
          "5,dora@acme.example,,2021-03-05 16:35:16,\n"
          f'6,"Dora Holm <dora@acme.example>",{hashed},2021-03-05 16:35:16,\n')


def aspnet():
    hashed = "AQAAAAEAACcQAAAAEAECAwQFBgcICQoLDA0ODxCI7/OjEhbbxPclKnOr/QcnRz1mm17Ju9ywQquE7ozPIg=="
    version2 = b64(b"\0" + SALT + hashlib.pbkdf2_hmac("sha1", PASSWORD, SALT, 1000, 32))
    write("aspnet.csv", "Id,Email,EmailConfirmed,PasswordHash\r\n"
          f"0f8fad5b-d9cb-469f-a165-70867728950e,ann@acme.example,1,{hashed}\r\n"
          f"7c9e6679-7425-40de-944b-e07fc1f90ae7,bob@acme.example,1,{version2}\r\n"
          "9b2b1f66-7a5c-4d55-9a53-9c6c2f8a4a11,cem@acme.example,1,\r\n")


def laravel():
    hashed = "$2y$05$.OGB/.SE/ueHAeqKBO2NC.R0Y8nKfj2nXOFwF2c.SNhH8aXrRwlRi"
    write("laravel.tsv", "id\temail\temail_verified_at\tpassword\n"
          f"1\tann@acme.example\t2021-03-05 16:35:16\t{hashed}\n"
          f"2\tbob@acme.example\tNULL\t{hashed}\n"
          f"3\tcem at acme.example\t2021-03-05 16:35:16\t{hashed}\n"
          f"4\tANN@ACME.example\t2021-03-05 16:35:16\t{hashed}\n")


def keycloak():
    def user(id, email, secret, data, **more):
        credential = {
            "id": id[::-1], "type": "password", "createdDate": 1614962116775,
            "secretData": json.dumps({**secret, "additionalParameters": {}}), "credentialData": json.dumps(data),
        }
        base = {"id": id, "username": email, "email": email, "emailVerified": True, "enabled": True}
        return {**base, "credentials": [credential], "requiredActions": [], **more}

    def argon(id, email, **more):
        tag = argon2.low_level.hash_secret_raw(PASSWORD, SALT, 5, 7168, 1, 32, argon2.low_level.Type.ID)
        parameters = {"hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}
        data = {"hashIterations": 5, "algorithm": "argon2", "additionalParameters": parameters}
        return user(id, email, {"value": b64(tag), "salt": b64(SALT)}, data, **more)

    def pbkdf2(id, email):
        tag = hashlib.pbkdf2_hmac("sha512", PASSWORD, SALT, 210_000, 64)
        data = {"hashIterations": 210_000, "algorithm": "pbkdf2-sha512", "additionalParameters": {}}
        return user(id, email, {"value": b64(tag), "salt": b64(SALT)}, data)

    service = {"id": "5d0f0c9e-0000-4000-8000-000000000005", "username": "service-account-jobs", "enabled": True}
    write("keycloak.json", json.dumps({"realm": "acme", "enabled": True, "users": [
        argon("5d0f0c9e-0000-4000-8000-000000000001", "ann@acme.example"),
        pbkdf2("5d0f0c9e-0000-4000-8000-000000000002", "bob@acme.example"),
        argon("5d0f0c9e-0000-4000-8000-000000000003", "cem@acme.example", enabled=False),
        argon("5d0f0c9e-0000-4000-8000-000000000004", "dora@acme.example", requiredActions=["UPDATE_PASSWORD"]),
        {**service, "serviceAccountClientId": "jobs"},
    ]}, indent=1) + "\n")


def wordpress():
    portable = phpass.using(rounds=7, salt="abcdefgh").hash(PASSWORD)
    digest = b64(hmac.new(b"wp-sha384", PASSWORD, hashlib.sha384).digest()).encode()
    current = "$wp" + bcrypt.hashpw(digest, b"$2b$04$.OGB/.SE/ueHAeqKBO2NC.").decode().replace("$2b$", "$2y$")
    write("wordpress.csv", "ID,user_email,user_pass\n"
          f"1,ann@acme.example,{current}\n"
          f"2,bob@acme.example,{portable}\n"
          "3,cem@acme.example,5f4dcc3b5aa765d61d8327deb882cf99\n")


def auth0():
    hashed = bcrypt.hashpw(PASSWORD, b"$2b$04$.OGB/.SE/ueHAeqKBO2NC.").decode()
    rows = [
        ("60425dc43519d90068f82973", "ann@acme.example", True),
        ("60425dc43519d90068f82974", "bob@acme.example", False),
    ]
    lines = [json.dumps({
        "_id": {"$oid": oid}, "email_verified": verified, "email": email, "passwordHash": hashed,
        "password_set_date": {"$date": "2021-03-05T16:35:16.775Z"}, "tenant": "acme",
        "connection": "Username-Password-Authentication", "_tmp_is_unique": True,
    }) for oid, email, verified in rows]
    identifiers = [{"type": "email", "value": "cem@acme.example", "verified": True}]
    lines.append(json.dumps({
        "_id": {"$oid": "60425dc43519d90068f82975"}, "passwordHash": hashed, "tenant": "acme",
        "connection": "Username-Password-Authentication", "identifiers": identifiers, "alt_id": "euclid",
    }))
    write("auth0.ndjson", "\n".join(lines) + "\n")


def firebase():
    project = {
        "algorithm": "SCRYPT",
        "base64_signer_key": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
        "base64_salt_separator": "Bw==", "rounds": 8, "mem_cost": 14,
    }
    salt = "42xEC+ixf3L2lw=="
    salted = base64.b64decode(salt) + base64.b64decode(project["base64_salt_separator"])
    secret = hashlib.scrypt(PASSWORD, salt=salted, n=2**14, r=8, p=1, dklen=32, maxmem=2**26)
    cipher = Cipher(algorithms.AES(secret), modes.CTR(bytes(16))).encryptor()
    password = {"passwordHash": b64(cipher.update(base64.b64decode(project["base64_signer_key"]))), "salt": salt}

    def user(id, email, **more):
        times = {"lastSignedInAt": "1614962116775", "createdAt": "1614962116775"}
        return {"localId": id, "email": email, "emailVerified": True, **times, "disabled": False, "providerUserInfo": [], **more}
    write("firebase.json", json.dumps({"hashConfig": project, "users": [
        user("qlXVQ2AvrNQ0y7qvvaj2p2Q9QpW2", "ann@acme.example", **password),
        user("r8ZkHq0c3TfVZtL4mXq3vYw1n5B3", "bob@acme.example"),
    ]}, indent=1) + "\n")


for make in (django, devise, aspnet, laravel, keycloak, wordpress, auth0, firebase):
    make()
