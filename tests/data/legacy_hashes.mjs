// Writes legacy_hashes_node.json beside this file: password hashes made by libraries of Node.js.
//
//     mkdir /tmp/node && cd /tmp/node && npm install argon2@0.45.1 bcryptjs@3 @adonisjs/hash@10.1.1
//     cp …/tests/data/legacy_hashes.mjs . && node legacy_hashes.mjs && cp legacy_hashes_node.json …/tests/data
//
// Salts are random, so that a second run gives other hashes. They are no examples to follow.

import { readFileSync, writeFileSync } from 'node:fs'

import { Argon } from '@adonisjs/hash/drivers/argon'
import { Bcrypt } from '@adonisjs/hash/drivers/bcrypt'
import { Scrypt } from '@adonisjs/hash/drivers/scrypt'
import argon2 from 'argon2'
import bcryptjs from 'bcryptjs'

const PLAIN = 'correct horse battery staple'
const ACCENTS = 'p\u{e4}ssw\u{f6}rd \u{20ac} \u{5bc6}\u{7801} \u{1f511}'
const QUOTES = 'it\'s a "quoted" back\\slash'

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version
const rows = []
async function family(scheme, library, note, make) {
  const made_by = `${library} ${version(library)}`
  for (const password of [PLAIN, ACCENTS, QUOTES, 'x']) {
    const hash = await make(password)
    rows.push({ scheme, made_by, password, hash, matches: true, note })
    rows.push({ scheme, made_by, password: `${password}!`, hash, matches: false, note: 'one letter more' })
  }
}

const cheap = { memoryCost: 64, timeCost: 2, parallelism: 1 }
await family('argon2id', 'argon2', 'm=64', (password) => argon2.hash(password, cheap))
await family('argon2i', 'argon2', 'm=64', (password) => argon2.hash(password, { ...cheap, type: argon2.argon2i }))
await family('argon2d', 'argon2', 'm=64', (password) => argon2.hash(password, { ...cheap, type: argon2.argon2d }))
const long = { memoryCost: 64, timeCost: 3, parallelism: 2, hashLength: 64 }
await family('argon2id', 'argon2', 'm=64, p=2, 64 bytes', (password) => argon2.hash(password, long))
const argon = new Argon({ memory: 64, iterations: 2, parallelism: 1 })
await family('argon2id', '@adonisjs/hash', 'its driver argon', (password) => argon.make(password))
const scrypt = new Scrypt({ cost: 16, blockSize: 8, parallelization: 1 })
await family('scrypt', '@adonisjs/hash', 'its driver scrypt', (password) => scrypt.make(password))
const bcrypt = new Bcrypt({ rounds: 4 })
await family('bcrypt', '@adonisjs/hash', 'its driver bcrypt', (password) => bcrypt.make(password))
await family('bcrypt', 'bcryptjs', 'cost 4', (password) => bcryptjs.hash(password, 4))

const lines = rows.map((row) => `  ${JSON.stringify(row)}`)
writeFileSync(new URL('legacy_hashes_node.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`)
console.log(`${rows.length} answers`)
