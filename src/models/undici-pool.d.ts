// The part of undici that is loaded alone, which its own types know under another name.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
