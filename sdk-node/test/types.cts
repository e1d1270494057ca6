// Checked by tsc, never run: the same package by `require`.

import runtype = require('runtype-surface');

export function aCommonJsProgram(client: runtype.Client): Promise<{ words: number }> {
  return client.call<{ words: number }>('summarize-article', { input: 'A text.' });
}

export function theNameTellsTheFields(event: runtype.StreamEvent): string {
  if (event.name === 'text_delta') return event.delta.trim();
  // @ts-expect-error a misspelt name
  return event.name === 'execution_compete' ? '' : event.name;
}

export const streamOptions: runtype.StreamOptions = { streamIdleTimeoutMs: null };
