// The entry for `import`: the same function as for `require`.

import globalSetup from './global-setup.js';

// What `import` returns of a CommonJS module has its default export as a field.
export default globalSetup.default;
