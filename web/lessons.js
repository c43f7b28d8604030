// The page of the lessons, by itself.
import { mount } from "./lessons/page.js";

mount(document.getElementById("lesson-page"));
