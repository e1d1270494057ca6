// What a bundler for browsers finds instead of this package.

throw new Error(
  'runtype-surface does not run in a browser: a product key must never reach browser JavaScript, where everyone can read it. ' +
    "Call the surface from your server, and let the browser call that; or use the vendor's client tokens, which are made for it.",
);
