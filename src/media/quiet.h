/* quiet.h: FFmpeg says nothing aloud; what it would have said can be asked for. */
#ifndef MEDIA_QUIET_H
#define MEDIA_QUIET_H

/* Routes FFmpeg's log here. Once for the process, any thread. */
void media_quiet_start(void);
/* Forgets what was logged on this thread. */
void media_quiet_reset(void);
/* Errors logged on this thread since, and the first of them ("" if none). */
unsigned media_quiet_errors(void);
const char *media_quiet_text(void);

#endif
