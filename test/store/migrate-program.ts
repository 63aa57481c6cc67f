/** Migrates the database given by its address with the folder given, and prints the outcome as JSON. */
import { connect } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";

const [url = "", folder = ""] = process.argv.slice(2);
const sql = connect(url, { max: 1 });
process.stdout.write(JSON.stringify(await migrate(sql, folder)));
await sql.end();
