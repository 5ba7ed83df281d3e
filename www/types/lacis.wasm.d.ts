/**
 * What a bundler gives for the import of a file: its address. Those that ask for a word behind the
 * name, as `lacis/lacis.wasm?url` of Vite, have types of their own for it.
 */
declare const address: string;
export default address;
