/* known.h: cues by kind, read by cues.c: kind, name, what being above the usual goes with.
 * clang-format off
 *                                          neutral joy    sad    anger  fear  disgust surprise */
{"pitch", "pitch",                          {-0.3f, 0.7f, -0.6f,  0.5f,  0.8f, -0.2f,  0.8f}},
{"pitch_range", "pitch range",              {-0.4f, 0.8f, -0.6f,  0.6f,  0.3f,  0.2f,  0.8f}},
{"loudness", "loudness",                    {-0.2f, 0.5f, -0.7f,  0.9f,  0.3f,  0.1f,  0.4f}},
{"rate", "speech rate",                     {0.0f,  0.5f, -0.6f,  0.5f,  0.7f, -0.3f,  0.3f}},
{"pause", "pausing",                        {0.1f, -0.3f,  0.7f, -0.4f, -0.2f,  0.2f,  0.0f}},
{"jitter", "roughness of pitch",            {-0.2f, 0.1f,  0.2f,  0.4f,  0.3f,  0.2f,  0.0f}},
{"shimmer", "roughness of loudness",        {-0.2f, 0.0f,  0.2f,  0.4f,  0.3f,  0.2f,  0.0f}},
{"hnr", "clearness of voice",               {0.2f,  0.3f, -0.1f, -0.4f, -0.1f, -0.3f,  0.2f}},
{"tilt", "softness of voice",               {0.1f, -0.3f,  0.7f, -0.7f,  0.0f,  0.0f, -0.2f}},
{"smile", "smile",                          {-0.3f, 1.0f, -0.6f, -0.6f, -0.5f, -0.5f,  0.1f}},
{"brows_lowered", "brows lowered",          {-0.3f, -0.5f, 0.3f,  1.0f,  0.2f,  0.7f, -0.6f}},
{"brows_raised", "brows raised",            {-0.3f, 0.0f,  0.2f, -0.6f,  0.8f, -0.4f,  1.0f}},
{"lips_pressed", "lips pressed",            {0.0f, -0.3f,  0.2f,  0.8f,  0.2f,  0.3f, -0.5f}},
{"mouth_open", "mouth open",                {-0.3f, 0.2f, -0.2f,  0.1f,  0.5f, -0.1f,  0.9f}},
{"eyes_closed", "eyes closed",              {0.0f,  0.0f,  0.4f, -0.2f, -0.6f,  0.3f, -0.8f}},
{"blink_rate", "blinking",                  {-0.1f, 0.0f,  0.2f,  0.2f,  0.5f,  0.0f,  0.0f}},
