// The playground as a page of its own.
import { mount } from "./playground/page.js";

mount(document.querySelector("main"));
