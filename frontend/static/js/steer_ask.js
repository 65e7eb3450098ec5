// Asking the API: JSON, and answers that come as server-sent events over a POST. An error has the server's sentence.
const SILENT = "Periscope does not answer; is it still running?";

export class Refused extends Error {}

async function refusal(response) {
  try {
    return new Refused((await response.json()).detail);
  } catch {
    return new Refused(`The server answered with ${response.status}.`);
  }
}

async function send(path, method, body, signal) {
  const init = { method, signal, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refused(SILENT);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export async function ask(path, body, signal, method = "POST") {
  const response = await send(path, method, body, signal);
  return response.status === 204 ? null : response.json();
}

// [name, data] of each event, until the stream ends. An event "error" is thrown as its sentence.
export async function* events(path, body, signal) {
  const response = await send(path, "POST", body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const [name, data] = parse(part);
        if (name === "error") throw new Refused(data.detail);
        yield [name, data];
      }
    }
  } catch (error) {
    throw error.name === "AbortError" || error instanceof Refused ? error : new Refused(SILENT);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(part) {
  let name = "message";
  let data = "";
  for (const line of part.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  return [name, JSON.parse(data)];
}

// The sentence of an error; empty for work that was called off.
export const sentence = (error) => (error.name === "AbortError" ? "" : error instanceof Refused ? error.message : `Something went wrong: ${error.message}`);
