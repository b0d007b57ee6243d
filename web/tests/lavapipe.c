// Mesa's software driver in place of SwiftShader for Chromium's WebGPU, since SwiftShader has no f16:
//
//   cc -shared -fPIC -o lavapipe.so lavapipe.c
//   LD_PRELOAD=$PWD/lavapipe.so chromium --enable-unsafe-webgpu …
//
// Dawn, which is Chromium's WebGPU, opens libvk_swiftshader.so by itself, with RTLD_NOW. The dlopen below gives it this
// library instead, which passes all calls on to lavapipe but for three answers:
// - vendor and device are SwiftShader's: without them Chromium wants a driver that shares semaphores with other processes;
// - textures in arrays may be indexed by numbers that are not constant, which Dawn demands, Mesa 22.3 denies, and no kernel
//   does;
// - and that is not asked of lavapipe when a device is made.
// What draws pages opens SwiftShader through the Vulkan loader, with RTLD_LAZY, and gets it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// The beginnings of structures of vulkan_core.h, which need not be installed.
struct properties { uint32_t api, driver, vendor, device; };
struct properties2 { uint32_t type; void *next; struct properties of; };
struct features2 { uint32_t type; void *next; uint32_t of[55]; };
struct device_info {
  uint32_t type; void *next; uint32_t flags, queue_count; void *queues; uint32_t layer_count; void *layers;
  uint32_t extension_count; void *extensions; uint32_t *features;
};
enum { FEATURES_2 = 1000059000 };
// Numbers of features.
enum { SAMPLED_IMAGES_INDEXED = 34, STORAGE_IMAGES_INDEXED = 36 };

typedef void (*function)(void);
static function (*lavapipe)(void *instance, const char *name);
static void (*get_properties)(void *, struct properties *);
static void (*get_properties2)(void *, struct properties2 *);
static void (*get_features)(void *, uint32_t *);
static void (*get_features2)(void *, struct features2 *);
static int (*create_device)(void *, struct device_info *, void *, void *);
static int lacks_indexing;

static void rename_to_swiftshader(struct properties *of) {
  of->vendor = 0x1AE0;
  of->device = 0xC0DE;
}

static void my_properties(void *device, struct properties *of) {
  get_properties(device, of);
  rename_to_swiftshader(of);
}

static void my_properties2(void *device, struct properties2 *all) {
  get_properties2(device, all);
  rename_to_swiftshader(&all->of);
}

static void set_indexing(uint32_t *features, int has) {
  features[SAMPLED_IMAGES_INDEXED] = features[STORAGE_IMAGES_INDEXED] = has;
}

static void claim_indexing(uint32_t *features) {
  lacks_indexing = !features[SAMPLED_IMAGES_INDEXED] || !features[STORAGE_IMAGES_INDEXED];
  set_indexing(features, 1);
}

static void my_features(void *device, uint32_t *features) {
  get_features(device, features);
  claim_indexing(features);
}

static void my_features2(void *device, struct features2 *all) {
  get_features2(device, all);
  claim_indexing(all->of);
}

static int my_create_device(void *device, struct device_info *info, void *allocator, void *out) {
  if (lacks_indexing && info->features) set_indexing(info->features, 0);
  for (struct features2 *each = info->next; lacks_indexing && each; each = each->next)
    if (each->type == FEATURES_2) set_indexing(each->of, 0);
  return create_device(device, info, allocator, out);
}

function vkGetInstanceProcAddr(void *instance, const char *name) {
  static const struct { const char *name; function mine; void *theirs; } changed[] = {
    { "vkGetPhysicalDeviceProperties", (function)my_properties, &get_properties },
    { "vkGetPhysicalDeviceProperties2", (function)my_properties2, &get_properties2 },
    { "vkGetPhysicalDeviceProperties2KHR", (function)my_properties2, &get_properties2 },
    { "vkGetPhysicalDeviceFeatures", (function)my_features, &get_features },
    { "vkGetPhysicalDeviceFeatures2", (function)my_features2, &get_features2 },
    { "vkGetPhysicalDeviceFeatures2KHR", (function)my_features2, &get_features2 },
    { "vkCreateDevice", (function)my_create_device, &create_device },
  };
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (function)vkGetInstanceProcAddr;
  function found = lavapipe(instance, name);
  for (unsigned i = 0; found && i < sizeof changed / sizeof *changed; i++) {
    if (strcmp(name, changed[i].name)) continue;
    memcpy(changed[i].theirs, &found, sizeof found);
    return changed[i].mine;
  }
  return found;
}

void *dlopen(const char *path, int flags) {
  void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
  const char *name = path ? strrchr(path, '/') : NULL;
  if (!name || strcmp(name, "/libvk_swiftshader.so") || !(flags & RTLD_NOW)) return real(path, flags);
  void *driver = real("libvulkan_lvp.so", RTLD_NOW);
  if (!driver) {
    fprintf(stderr, "no lavapipe: %s\n", dlerror());
    return real(path, flags);
  }
  lavapipe = (function (*)(void *, const char *))dlsym(driver, "vk_icdGetInstanceProcAddr");
  Dl_info self;
  dladdr((void *)vkGetInstanceProcAddr, &self);
  return real(self.dli_fname, flags);
}
