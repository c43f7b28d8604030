// The playground as a page of its own; `syncasync.playground` has its `state`, and applies another.
import { syncasync } from "./engine/client.js";
import { mount } from "./playground/page.js";

syncasync.playground = mount(document.querySelector("main"));
