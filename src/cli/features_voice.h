/* features_voice: `mien features voice`, the frames and readings that training is done on. */
#ifndef CLI_FEATURES_VOICE_H
#define CLI_FEATURES_VOICE_H

int cli_features_voice(int argc, char **argv); /* argv[0] is "voice"; returns the exit code */

#endif
