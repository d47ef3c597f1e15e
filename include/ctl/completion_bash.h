#ifndef MCASTD_CTL_COMPLETION_BASH_H
#define MCASTD_CTL_COMPLETION_BASH_H

/* Prints the script to standard output, by the tables of all commands. */
void completion_bash(void);

#endif
