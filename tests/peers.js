// Errors of the npm package @digitalia/fatturapa: `node peers.js NODE_MODULES`, names of files on stdin, an object of messages by file on stdout.
const fs = require("fs");
const { createRequire } = require("module");
const { fpa2json, FPAYupSchema } = createRequire(`${process.argv[2]}/`)("@digitalia/fatturapa");

async function errors(file) {
  try {
    const invoice = Object.values(JSON.parse(fpa2json(fs.readFileSync(file, "utf8"), { validate: false }))).pop();
    await FPAYupSchema.validate(invoice, { recursive: true, abortEarly: false });
    return [];
  } catch (error) {
    return error.errors || [String(error)];
  }
}

(async () => {
  const said = {};
  for (const file of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) said[file] = await errors(file);
  console.log(JSON.stringify(said));
})();
