/** Ends with one clear line on a Node.js that is too old. Imported first, before anything newer is needed. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Redline needs Node.js 20.19 or newer, and this is ${process.versions.node}.`);
  process.exit(1);
}
