import { Figures } from './figures';
import { NodeHistory } from './history';
import { News } from './news';
import { Answer, Stay } from './roles';
import { GRACE_MS } from './settings';
import { RIGHT_MS, UserTruth } from './truth';

/** How soon news that a killed node was telling are told by another, in milliseconds. */
const TOLD_AGAIN_MS = [14_000, 20_000] as const;

/** How long before its time the news that a node was telling may have been written, in milliseconds. */
const KILLED_TELLING_MS = 1_000;

/** How long it may take to announce somebody who has come, in milliseconds. */
const COME_MS = 5_000;

/** How long news may be under way, in milliseconds: who comes back then was gone when they were taken. */
const UNDER_WAY_MS = 1_000;

/** When a client notices that its node was killed, after it was noted, in milliseconds. */
const NOTICED_MS = [-50, 5_000] as const;

export interface Evidence {
  readonly population: number;
  readonly stays: readonly Stay[];
  readonly nodes: readonly NodeHistory[];
  readonly news: readonly News[];
  readonly answers: readonly Answer[];
  /** When nodes were killed while they told their listeners. */
  readonly tellingKills: readonly number[];
  /** When the last question was asked. */
  readonly end: number;
}

/** Compares what was told and answered with who was there. */
export function judge(evidence: Evidence, figures: Figures): void {
  const { population, stays, nodes } = evidence;
  const byUser = groupBy(stays, population);
  const news = groupBy(evidence.news, population);
  const truths = byUser.map((own) => new UserTruth(own, nodes));
  truths.forEach((truth, user) => judgeNews(user, truth, news[user]!, evidence, figures));
  for (const answer of evidence.answers) judgeAnswer(answer, truths, figures);
  for (const own of byUser) countLost(own, nodes, figures);
}

function judgeNews(
  user: number,
  truth: UserTruth,
  news: readonly News[],
  evidence: Evidence,
  figures: Figures,
) {
  let last: News | undefined;
  for (const one of news) {
    const { at, online, node } = one;
    const told = `user ${user} ${online ? 'online' : 'offline'} at ${at} by node ${node}`;
    if (online === (last?.online ?? false)) {
      if (last && isToldAgain(last, one, evidence.nodes)) figures.toldAgain += 1;
      else if (isPassedOver(last, one, truth, evidence.tellingKills)) figures.passedOver += 1;
      else figures.wrong('announced twice', `${told}, before at ${last?.at} by node ${last?.node}`);
      continue;
    }
    last = one;
    figures.announced[online ? 'come' : 'gone'] += 1;
    if (!online && truth.isSure(at - UNDER_WAY_MS, at))
      figures.wrong('announced as gone with a connection, or in the grace', told);
    if (online && truth.isOff(at - UNDER_WAY_MS, at))
      figures.wrong('announced as come without a connection', told);
  }
  judgeSilence(user, truth, news, evidence, figures);
}

/** Whoever is there long enough was announced, and so was whoever has gone. */
function judgeSilence(
  user: number,
  truth: UserTruth,
  news: readonly News[],
  evidence: Evidence,
  figures: Figures,
) {
  const { end, tellingKills } = evidence;
  const stateAt = (at: number) => news.findLast((one) => one.at <= at)?.online ?? false;
  for (const [from, until] of truth.sure) {
    const due = from + COME_MS;
    const wasLate = tellingKills.some((kill) => due - TOLD_AGAIN_MS[1] <= kill && kill <= due);
    if (due < Math.min(until, end) && !stateAt(due) && !wasLate)
      figures.wrong('came, and never announced', `user ${user} at ${from}`);
  }
  for (const [index, [from, left]] of truth.present.entries()) {
    const back = truth.present[index + 1]?.[0] ?? end;
    if (back - left <= RIGHT_MS || !truth.sure.some(([begin]) => from <= begin && begin <= left)) continue;
    figures.departures += 1;
    const told = news.find((one) => !one.online && one.at > left - GRACE_MS && one.at <= back);
    const lateMs = (told?.at ?? Number.POSITIVE_INFINITY) - left;
    const isRetold = told && tellingKills.some((kill) => isBetween(told.at - kill, TOLD_AGAIN_MS));
    const example = `user ${user} gone at ${left}, told after ${lateMs} ms by node ${told?.node}`;
    if (lateMs <= RIGHT_MS) figures.slowestAnnounced = Math.max(figures.slowestAnnounced, lateMs);
    else if (isRetold) figures.lateForAKill += 1;
    else if (told) figures.wrong('gone, and announced after more than 35 s', example);
    else if (stateAt(back)) figures.wrong('gone, and never announced', `user ${user} at ${left}`);
  }
}

function isToldAgain(first: News, second: News, nodes: readonly NodeHistory[]): boolean {
  const [node] = first.node.split('.') as [string];
  const life = nodes[Number(node)]!.lives.find(({ name }) => name === first.node)!;
  return (
    isBetween(life.until - first.at, [0, KILLED_TELLING_MS]) && isBetween(second.at - first.at, TOLD_AGAIN_MS)
  );
}

/**
 * There was a change in between; it was taken up by a node that was killed as it told, and came to nothing, because it
 * was not so any more when another took it up.
 */
function isPassedOver(
  first: News | undefined,
  second: News,
  truth: UserTruth,
  tellingKills: readonly number[],
): boolean {
  const firstAt = first?.at ?? 0;
  const since = Math.max(firstAt, second.at - TOLD_AGAIN_MS[1]);
  if (!tellingKills.some((kill) => isBetween(kill, [since, second.at]))) return false;
  // Also who has stayed on a node that was taken for dead was gone.
  if (second.online) return !truth.isSure(since, second.at);
  return truth.present.some(([from]) => isBetween(from, [firstAt, second.at]));
}

function judgeAnswer(answer: Answer, truths: readonly UserTruth[], figures: Figures): void {
  const { from, until, asked, count } = answer;
  const online = new Set(answer.online);
  figures.answers += 1;
  const users = 'only' in asked ? [asked.only] : Array.from({ length: asked.below }, (_, user) => user);
  let [least, most] = [0, 0];
  for (const user of users) {
    const truth = truths[user]!;
    const isSure = truth.isSure(from, until);
    const isOff = truth.isOff(from, until);
    if (isSure) least += 1;
    if (!isOff) most += 1;
    if (online.has(user)) {
      if (isOff) figures.wrong('online more than 35 s after the last connection', `user ${user} at ${until}`);
      const left = truth.present.findLast(([begin]) => begin <= until)?.[1] ?? until;
      if (!isOff) figures.slowestRight = Math.max(figures.slowestRight, from - left);
    } else if (isSure) figures.wrong('offline with a connection', `user ${user} at ${from}`);
  }
  // Users who came after the question may be counted.
  const more = truths.slice(users.length).filter((truth) => !truth.isOff(from, until)).length;
  if (count !== undefined && (count < least || count > most + more))
    figures.wrong(
      'count: not what it can be',
      `${count} at ${from}, at least ${least}, at most ${most + more}`,
    );
}

function countLost(stays: readonly Stay[], nodes: readonly NodeHistory[], figures: Figures): void {
  for (const stay of stays) {
    const killed = nodes[stay.node]!.killAfter(stay.asked);
    if (stay.opened === undefined || !isBetween((stay.gone ?? 0) - killed, NOTICED_MS)) continue;
    const others = stays.filter((other) => other !== stay);
    const isThere = (other: Stay) =>
      (other.opened ?? killed) < killed && (other.gone ?? Infinity) > killed + GRACE_MS;
    const back =
      Math.min(...others.filter(({ asked }) => asked >= killed).map(({ asked }) => asked)) - killed;
    if (others.some(isThere)) figures.lost.hadOthers += 1;
    else if (back <= GRACE_MS) figures.lost.backInTime += 1;
    else if (back <= RIGHT_MS) figures.lost.backMeanwhile += 1;
    else figures.lost.stayedAway += 1;
  }
}

function groupBy<T extends { readonly user: number }>(items: readonly T[], users: number): T[][] {
  const groups = Array.from({ length: users }, (): T[] => []);
  for (const item of items) groups[item.user]!.push(item);
  return groups;
}

function isBetween(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
