/** What the replica refuses, and what can go wrong with its files. */
import { say, type Language, type Words } from "~/values/words";

/** A refusal that a person may read: a closed set of codes. */
export class ReplicaRefused extends Error {
  override readonly name: string = "ReplicaRefused";

  constructor(
    readonly code: string,
    readonly words: Words,
    readonly field: string | null = null,
  ) {
    super(words[1]);
  }

  in(language: Language): string {
    return say(this.words, language);
  }
}

/** An argument that no queue takes (PROTOCOL.md, 4.5). `field`: its path. */
export class ArgumentRefused extends ReplicaRefused {
  override readonly name = "ArgumentRefused";

  constructor(field: string, code: string, words: Words) {
    super(code, words, field);
  }
}

export class NotRegistered extends ReplicaRefused {
  override readonly name = "NotRegistered";

  constructor() {
    super("NOT_REGISTERED", ["本设备上还没有数据，联网完成首次载入后显示。", "There is no data on this device yet: it shows after the first load, which needs the network."]);
  }
}

export class UnknownCommand extends ReplicaRefused {
  override readonly name = "UnknownCommand";

  constructor(command: string) {
    super("COMMAND_UNKNOWN", [`没有权限或不能离线执行:${command}`, `Not permitted, or not possible without the server: ${command}`]);
  }
}

/** An empty list would say that there is nothing in it. */
export class UnknownCollection extends ReplicaRefused {
  override readonly name = "UnknownCollection";

  constructor(collection: string) {
    super("COLLECTION_UNKNOWN", [`本设备上没有这类数据:${collection}`, `There is no such data on this device: ${collection}`]);
  }
}

/** A question that names a field that there is not, or asks it for what its kind does not answer: a defect of the caller. */
export class QueryInvalid extends Error {
  override readonly name = "QueryInvalid";
}

/** A load file that is none, or not one of these rows: it is thrown away and fetched again. */
export class FileUnusable extends Error {
  override readonly name = "FileUnusable";
}

/** The files cannot be opened now: another worker still holds them. Another attempt may succeed. */
export class ReplicaBusy extends Error {
  override readonly name = "ReplicaBusy";
}

/** The handles of the files went stale (Safari): the worker has to end and be started anew. */
export class ReplicaStale extends Error {
  override readonly name = "ReplicaStale";
}

/** The files were written by a newer app. */
export class ReplicaNewer extends Error {
  override readonly name = "ReplicaNewer";
}

/** The replica was closed or erased: whoever asks is told so. */
export class ReplicaClosed extends Error {
  override readonly name = "ReplicaClosed";
}
