/** What a kernel needs to bind its ports, apart from all that a message needs: loading crypto alone takes 6 ms. */
export { readConnectionFile } from './connection-file';
export { bindServer } from './server-sockets';
