import { createApp } from "vue";
import Account from "./main.vue";

createApp(Account).mount("#app");
