#!/usr/bin/env node
// The command `runtype-surface`, which runs in the native part.

import process from 'node:process';

import { native } from './native.js';
import { unwrap } from './native-error.js';

process.exitCode = unwrap(native.runCommand('npx runtype-surface', process.argv.slice(2)));
