// SPDX-License-Identifier: Apache-2.0
/** What importing the file gives where a runtime can: a WebAssembly.Module, of which the types of Node have none. */
declare const module: object;
export default module;
