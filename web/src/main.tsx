import { render } from "preact";
import "./style/index.css";
import "./theme";
import { ProcessModel } from "./model/process";
import { App } from "./ui/app";
import { Session } from "./wire/session";

const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
const session = new Session(`${scheme}//${window.location.host}/ws`);
const process = new ProcessModel(session);
const page = document.getElementById("page");
if (page) render(<App process={process} />, page);
