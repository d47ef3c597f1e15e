#ifndef MCASTD_CTL_COMPLETION_ZSH_H
#define MCASTD_CTL_COMPLETION_ZSH_H

/* Prints the script to standard output, by the tables of all commands. */
void completion_zsh(void);

#endif
