import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a client in another language is run: each line that it writes says what it did. */
export interface Language {
  /** As the fence says it. */
  readonly fence: string;
  /** Debian's packages. */
  readonly packages: readonly string[];
  isInstalled(): boolean;
  /** Writes a program around the page's code, which is `code`. @returns its command */
  prepare(folder: string, code: string): readonly string[];
}

/** Where Debian puts the sources of Go's libraries. */
const GOPATH = '/usr/share/gocode';

/** The environment of every command. */
export const ENV = { ...process.env, GO111MODULE: 'off', GOPATH, PYTHONUNBUFFERED: '1' };

/** What surrounds `live`: tokens, and how fetches end, from the standard input; a line for each thing that happens. */
const PYTHON = `
import asyncio, sys
from live import live

async def ask(what):
    print(what, flush=True)
    return (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip()

async def token():
    return await ask("TOKEN")

async def fetch_everything():
    if await ask("FETCH") == "fail":
        raise OSError("no network")

def on_event(event):
    print("EVENT", event.get("content"), flush=True)

print("END", *asyncio.run(live(token, on_event, fetch_everything)), flush=True)
`;

const GO = `package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
)

func main() {
	input := bufio.NewReader(os.Stdin)
	ask := func(what string) string {
		fmt.Println(what)
		line, _ := input.ReadString('\\n')
		return strings.TrimSpace(line)
	}
	token := func() string { return ask("TOKEN") }
	fetchEverything := func() error {
		if ask("FETCH") == "fail" {
			return errors.New("no network")
		}
		return nil
	}
	err := live(token, func(frame Frame) { fmt.Println("EVENT", frame.Content) }, fetchEverything)
	fmt.Println("END", err)
}
`;

/** The first Python that has the library: a machine may have several. */
const python = () =>
  ['python3', '/usr/bin/python3'].find((path) => spawnSync(path, ['-c', 'import websockets']).status === 0);

export const LANGUAGES: readonly Language[] = [
  {
    fence: 'python',
    packages: ['python3', 'python3-websockets'],
    isInstalled: () => python() !== undefined,
    prepare(folder, code) {
      writeFileSync(join(folder, 'live.py'), code);
      writeFileSync(join(folder, 'main.py'), PYTHON);
      return [python()!, 'main.py'];
    },
  },
  {
    fence: 'go',
    packages: ['golang-go', 'golang-github-gorilla-websocket-dev'],
    isInstalled: () =>
      spawnSync('go', ['version']).status === 0 && existsSync(`${GOPATH}/src/github.com/gorilla/websocket`),
    prepare(folder, code) {
      writeFileSync(join(folder, 'live.go'), code);
      writeFileSync(join(folder, 'main.go'), GO);
      const run = (command: string, ...args: string[]) =>
        execFileSync(command, args, { cwd: folder, env: ENV, encoding: 'utf8' });
      const unformatted = run('gofmt', '-l', 'live.go');
      if (unformatted !== '') throw new Error(`gofmt would write ${unformatted}`);
      run('go', 'vet', '.');
      run('go', 'build', '-o', 'main', '.');
      return ['./main'];
    },
  },
];
