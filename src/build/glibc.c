// glibc 2.29 made new versions of pow and log, which only treat errors differently. A program that is linked with the
// earlier versions starts on older systems too. The linker's --wrap sends the calls here.
#ifdef __x86_64__
#define FIRST "GLIBC_2.2.5"
#else
#define FIRST "GLIBC_2.17"
#endif

__asm__(".symver first_pow, pow@" FIRST);
__asm__(".symver first_log, log@" FIRST);

double first_pow(double x, double y);
double first_log(double x);

double __wrap_pow(double x, double y) {
  return first_pow(x, y);
}

double __wrap_log(double x) {
  return first_log(x);
}
