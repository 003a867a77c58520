// The same under the name that it had.
import "./main.mjs";
