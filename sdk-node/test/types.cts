// Checked by tsc, never run: the same package by `require`.

import runtype = require('runtype-surface');

export function aCommonJsProgram(client: runtype.Client): Promise<{ words: number }> {
  return client.call<{ words: number }>('summarize-article', { input: 'A text.' });
}
