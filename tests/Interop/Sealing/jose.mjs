// Seals and opens with npm's jose: node jose.mjs <folder of package.json> seal|open, a request in JSON on its input, the answer on its output.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [folder, what] = process.argv.slice(2);
const { CompactEncrypt, compactDecrypt, importPKCS8, importSPKI } =
  await import(pathToFileURL(createRequire(`${folder}/package.json`).resolve('jose')));
const request = JSON.parse(await text(process.stdin));

const answer = {
  async seal({ key, header, plaintext }) {
    return new CompactEncrypt(Buffer.from(plaintext, 'base64'))
      .setProtectedHeader(header)
      .encrypt(await importSPKI(key, header.alg));
  },
  // The options say what else jose would accept: nothing but what a seal is.
  async open({ key, seal }) {
    const { plaintext, protectedHeader } = await compactDecrypt(seal, await importPKCS8(key, 'ECDH-ES'), {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return { header: protectedHeader, plaintext: Buffer.from(plaintext).toString('base64') };
  },
}[what];
process.stdout.write(JSON.stringify(await answer(request)));
