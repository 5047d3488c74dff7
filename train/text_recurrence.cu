/* text_recurrence.cu: the recurrence of the deep text model on a GPU: text_recurrence.c, a thread a
 * channel of a text in a direction. Built by text_recurrence.py; not a part of Mien itself.
 *
 * Threads: n = (text * 2 + direction) * H + channel, of B * 2 * H. Steps run over the T pieces; the
 * threads of a warp read neighbouring channels. Shapes are those of text_recurrence.c; of v and b each
 * text has its own gradient, dv, db [B][2][2][H], summed by the caller. */
#define SIGMOID(x) (1 / (1 + __expf(-(x))))

extern "C" __global__ void forward(const float *u, const float *x, const float *v, const float *b, const float *mask,
                                   float *c, float *h, int T, int B, int H) {
  int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= B * 2 * H) return;
  int i = n % H, d = n / H % 2, text = n / H / 2;
  float vf = v[d * 2 * H + i], vr = v[d * 2 * H + H + i], bf = b[d * 2 * H + i], br = b[d * 2 * H + H + i];
  float state = 0;
  for (int s = 0; s < T; s++) {
    int t = d ? T - 1 - s : s;
    long long at = (long long)t * B + text, in = (at * 2 + d) * 3 * H + i, out = (at * 2 + d) * H + i;
    float heard = 0;
    if (mask[at] != 0) {
      float uc = u[in];
      float f = SIGMOID(u[in + H] + vf * state + bf), r = SIGMOID(u[in + 2 * H] + vr * state + br);
      state = f * state + (1 - f) * uc;
      heard = r * state + (1 - r) * x[out];
    }
    c[out] = state;
    h[out] = heard;
  }
}

extern "C" __global__ void backward(const float *u, const float *x, const float *v, const float *b, const float *mask,
                                    const float *c, const float *dh, float *du, float *dx, float *dv, float *db,
                                    int T, int B, int H) {
  int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= B * 2 * H) return;
  int i = n % H, d = n / H % 2, text = n / H / 2;
  float vf = v[d * 2 * H + i], vr = v[d * 2 * H + H + i], bf = b[d * 2 * H + i], br = b[d * 2 * H + H + i];
  float back = 0, dvf = 0, dvr = 0, dbf = 0, dbr = 0;
  for (int s = T - 1; s >= 0; s--) {
    int t = d ? T - 1 - s : s, before = d ? t + 1 : t - 1;
    long long at = (long long)t * B + text, in = (at * 2 + d) * 3 * H + i, out = (at * 2 + d) * H + i;
    float to_c = 0, to_f = 0, to_r = 0, to_x = 0;
    if (mask[at] != 0) {
      float old = s ? c[(((long long)before * B + text) * 2 + d) * H + i] : 0, uc = u[in], now = c[out], given = dh[out];
      float f = SIGMOID(u[in + H] + vf * old + bf), r = SIGMOID(u[in + 2 * H] + vr * old + br);
      float dc = given * r + back;
      to_r = given * (now - x[out]) * r * (1 - r);
      to_f = dc * (old - uc) * f * (1 - f);
      to_c = dc * (1 - f);
      to_x = given * (1 - r);
      back = dc * f + to_f * vf + to_r * vr;
      dvf += to_f * old;
      dvr += to_r * old;
      dbf += to_f;
      dbr += to_r;
    }
    du[in] = to_c;
    du[in + H] = to_f;
    du[in + 2 * H] = to_r;
    dx[out] = to_x;
  }
  int own = (text * 2 + d) * 2 * H + i;
  dv[own] = dvf;
  dv[own + H] = dvr;
  db[own] = dbf;
  db[own + H] = dbr;
}
