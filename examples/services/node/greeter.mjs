import { Refusal, serveHttp } from "./http_service.mjs";

const GREETINGS = { en: "Hello", de: "Guten Tag", fr: "Bonjour", it: "Buongiorno" };

serveHttp("greeter", {
  "GET /greetings/{language}": ({ language, query }) => {
    const greeting = GREETINGS[language];
    if (greeting === undefined) throw new Refusal(404, `No greeting in "${language}"`);
    return { text: `${greeting}, ${query.name}!` };
  },
});
