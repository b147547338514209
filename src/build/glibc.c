// glibc 2.29 made new versions of these functions, which only treat errors differently. A program that is linked with the
// first versions starts on older systems too. The linker's --wrap sends the calls here.
#ifdef __x86_64__
#define FIRST "GLIBC_2.2.5"
#else
#define FIRST "GLIBC_2.17"
#endif

#define WRAP(name)                                       \
  __asm__(".symver first_" #name ", " #name "@" FIRST);  \
  double first_##name(double x);                         \
  double __wrap_##name(double x) {                       \
    return first_##name(x);                              \
  }

WRAP(exp)
WRAP(exp2)
WRAP(log)
WRAP(log2)

__asm__(".symver first_pow, pow@" FIRST);
double first_pow(double x, double y);
double __wrap_pow(double x, double y) {
  return first_pow(x, y);
}
