// What is wrong with a file, and where.

/** A file cannot be read as what it was given for. The message names the file, the line and the cure. */
export class FileProblem extends TypeError {
  override readonly name = 'FileProblem'
}
