// What a bundler for browsers finds instead of this package.

throw new Error('runtype-mock does not run in a browser: it starts a process. Use it from a test that runs in Node.');
